#!/usr/bin/env python3
"""Models that ONNX Runtime's quantisation made compute what ONNX Runtime computes: the MNIST CNN in four forms.

Q/DQ with signed and with unsigned activations (zero points), QLinearConv and QLinearMatMul, and ConvInteger with
DynamicQuantizeLinear, on 500 digits: the same class each time, and the same scores within one quantum of the output.
"""

import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from digits import read_digits
from onnxruntime import quantization as q
from tools import STORE, Network, Proof, fetch, integer_steps, main

EVERY = 10  # of the 5000 digits are compared


class Samples:
    """The calibration data reader that ONNX Runtime asks for."""

    def __init__(self, pixels: np.ndarray) -> None:
        self._samples = iter([{"Input3": x[None]} for x in pixels])

    def get_next(self) -> dict | None:
        return next(self._samples, None)


def quantize(out: Path, pixels: np.ndarray, kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "model.onnx"
        model = onnx.version_converter.convert_version(onnx.load(STORE / "mnist-conv.onnx"), 17)
        onnx.save(model, source)
        if kind == "dynamic":
            # ONNX Runtime convolves by unsigned weights; around 128 they are signed bytes.
            q.quantize_dynamic(source, out, weight_type=q.QuantType.QUInt8, extra_options={"WeightSymmetric": True})
            return
        signed = kind.startswith("s8s8")
        q.quantize_static(source, out, Samples(pixels), per_channel=kind != "qoperator",
                          quant_format=q.QuantFormat.QOperator if kind == "qoperator" else q.QuantFormat.QDQ,
                          activation_type=q.QuantType.QInt8 if signed else q.QuantType.QUInt8,
                          weight_type=q.QuantType.QInt8,
                          # ONNX Runtime's integer kernels saturate on CPUs without VNNI unless weights have 7 bits.
                          reduce_range=kind == "qoperator",
                          extra_options={"ActivationSymmetric": signed, "WeightSymmetric": True})


def output_quantum(path: Path) -> float:
    """The scale of the quantised values that the output comes from; 0 where it is float."""
    graph = onnx.load(path).graph
    scales = {w.name: onnx.numpy_helper.to_array(w) for w in graph.initializer}
    last = next(node for node in graph.node if graph.output[0].name in node.output)
    return float(scales[last.input[1]].max()) if last.op_type == "DequantizeLinear" else 0.0


def prove(proof: Proof) -> None:
    fetch(["mnist-conv", "mnist_5k"])
    pixels, labels = read_digits(STORE / "mnist_5k.csv.gz")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    # As the file says it: fused kernels of an old CPU saturate where the file's numbers do not.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    for kind in ("s8s8", "u8s8", "qoperator", "dynamic"):
        path = proof.folder / f"{kind}.onnx"
        quantize(path, pixels[::25], kind)
        plan, _ = proof.build(path, kind, "--noTF32", "--int8", "--forceInt8")
        session, network = onnxruntime.InferenceSession(str(path), options), Network(plan, proof)
        worst, same, right, reach = 0.0, 0, 0, 0.0
        tested = pixels[::EVERY]
        for x, label in zip(tested, labels[::EVERY]):
            expected, actual = session.run(None, {"Input3": x[None]})[0], next(iter(network(x[None]).values()))
            worst = max(worst, float(np.abs(expected - actual).max()))
            reach = max(reach, float(np.abs(expected).max()))
            same += expected.argmax() == actual.argmax()
            right += actual.argmax() == label
        most = max(1.01 * output_quantum(path), 0.01 * reach)
        proof.check(worst <= most, f"{kind}: scores differ by {worst:.4g}, at most {most:.4g} (they reach {reach:.4g})")
        proof.check(same == len(tested), f"{kind}: {same} of {len(tested)} classes are ONNX Runtime's")
        proof.check(right >= 0.985 * len(tested), f"{kind}: {right} of {len(tested)} are right")
        steps = integer_steps(plan)
        proof.check(steps > 0, f"{kind}: {steps} convolutions and products of 8-bit integers")


main(__doc__, prove)
