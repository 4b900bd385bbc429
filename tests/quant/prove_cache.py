#!/usr/bin/env python3
"""Calibration caches build an INT8 engine by TensorRT's command line: one in TensorRT's format, written by hand, and
one that `ingot calibrate` wrote.

    trtexec --onnx=model.onnx --int8 --fp16 --calib=calibration.cache --shapes=input:1x3x640x640
            --saveEngine=model_int8.plan

The model is a small residual network with open height and width; the ranges are those that ONNX Runtime's values have.
"""

import struct
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from tools import Network, Proof, integer_steps, main, write_samples

SIDE = 640


def write_model(path: Path) -> None:
    """Convolutions with ReLU, a residual sum, a concat, means and a product, on [n, 3, h, w]."""
    random = np.random.default_rng(3)
    weights: list[onnx.TensorProto] = []

    def weight(name: str, *shape: int) -> str:
        fan_in = float(np.prod(shape[1:])) if len(shape) > 1 else 100.0
        values = (random.normal(size=shape) * (2 / fan_in) ** 0.5).astype(np.float32)
        weights.append(numpy_helper.from_array(values, name))
        return name

    def conv(x: str, y: str, inputs: int, outputs: int, stride: int = 1) -> onnx.NodeProto:
        return helper.make_node("Conv", [x, weight(f"{y}:weight", outputs, inputs, 3, 3), weight(f"{y}:bias", outputs)],
                                [y], f"conv {y}", pads=[1, 1, 1, 1], strides=[stride, stride])

    nodes = [conv("input", "stem", 3, 16, 4), helper.make_node("Relu", ["stem"], ["stem::relu"]),
             conv("stem::relu", "left", 16, 16), helper.make_node("Relu", ["left"], ["left (relu)"]),
             conv("left (relu)", "right", 16, 16), helper.make_node("Add", ["right", "stem::relu"], ["sum"]),
             helper.make_node("Relu", ["sum"], ["sum relu"]), conv("sum relu", "down", 16, 32, 2),
             helper.make_node("MaxPool", ["sum relu"], ["pooled"], kernel_shape=[2, 2], strides=[2, 2]),
             helper.make_node("Concat", ["down", "pooled"], ["both"], axis=1), conv("both", "last", 48, 32, 2),
             helper.make_node("Relu", ["last"], ["last relu"]),
             helper.make_node("GlobalAveragePool", ["last relu"], ["mean"]),
             helper.make_node("Flatten", ["mean"], ["flat"]),
             helper.make_node("Gemm", ["flat", weight("head:weight", 10, 32), weight("head:bias", 10)], ["output"],
                              transB=1)]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(nodes, "residual", [value("input", TensorProto.FLOAT, ["n", 3, "h", "w"])],
                              [value("output", TensorProto.FLOAT, ["n", 10])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def all_values(path: Path, x: np.ndarray) -> dict[str, np.ndarray]:
    """Every tensor between the nodes, by name."""
    model = onnx.load(path)
    names = [name for node in model.graph.node for name in node.output]
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return {"input": x, **dict(zip(names, session.run(names, {"input": x})))}


def write_cache(path: Path, values: dict[str, np.ndarray]) -> None:
    """A line a tensor: its name, and its scale as the bits of a float32 in hexadecimal."""
    lines = ["TRT-8601-EntropyCalibration2"]
    for name, value in values.items():
        scale = struct.pack(">f", float(np.abs(value).max()) / 127).hex()
        lines.append(f"{name}: {scale}")
    path.write_text("\n".join(lines) + "\n")


def picture(seed: int) -> np.ndarray:
    """Coarse patches under noise."""
    random = np.random.default_rng(seed)
    coarse = random.normal(size=(1, 3, 20, 20)).repeat(SIDE // 20, 2).repeat(SIDE // 20, 3)
    return (coarse + 0.3 * random.normal(size=coarse.shape)).astype(np.float32)


def prove_one(proof: Proof, cache: str, least_steps: int) -> list[str]:
    """Builds with the cache of that name; returns the command."""
    shape = f"--shapes=input:1x3x{SIDE}x{SIDE}"
    command = ["--onnx=model.onnx", "--int8", "--fp16", f"--calib={cache}", shape,
               "--saveEngine=model_int8.plan", *([] if proof.device == "cpu" else [f"--device={proof.device}"])]
    said = proof.run("trtexec", *command)
    proof.check("&&&& PASSED" in said, f"{cache}: the command line of TensorRT builds and measures")
    proof.check((proof.folder / "model_int8.plan").is_file(), f"{cache}: the engine is saved")
    complaints = [line for line in said.splitlines() if "[calibration." in line]
    proof.check(not complaints, f"{cache}: nothing is missing or unknown" + "".join(complaints))

    plan, said = proof.build(proof.folder / "model.onnx", "forced", "--int8", "--forceInt8",
                             f"--calib={proof.folder / cache}", shape)
    steps = integer_steps(plan)
    proof.check(steps >= least_steps, f"{cache}: {steps} of 6 convolutions and products of 8-bit integers")
    x = picture(2)
    expected = onnxruntime.InferenceSession(str(proof.folder / "model.onnx")).run(None, {"input": x})[0]
    for path in (plan, proof.folder / "model_int8.plan"):
        actual = Network(path, proof)(x)["output"]
        off = float(np.sqrt(((actual - expected) ** 2).mean() / (expected ** 2).mean()))
        proof.check(off < 0.05, f"{cache}, {path.name}: scores are within {100 * off:.2f} % of FP32 (RMS)")
        proof.check(actual.argmax() == expected.argmax(), f"{cache}, {path.name}: the class is the same")
    return command


def prove(proof: Proof) -> None:
    write_model(proof.folder / "model.onnx")
    write_cache(proof.folder / "calibration.cache", all_values(proof.folder / "model.onnx", picture(1)))
    command = prove_one(proof, "calibration.cache", 5)
    samples = write_samples(proof.folder / "samples", [picture(seed) for seed in range(3, 11)])
    proof.run("ingot", "calibrate", "model.onnx", f"--data={samples}", "--cache=own.cache", "--algo=minmax",
              f"--shapes=input:1x3x{SIDE}x{SIDE}", *([] if proof.device == "cpu" else [f"--device={proof.device}"]))
    prove_one(proof, "own.cache", 5)

    cache = (proof.folder / "calibration.cache").read_text()
    (proof.folder / "calibration.cache").write_text(cache.replace("stem::relu: ", "stem::relu: xyz"))
    said = proof.run("trtexec", *command, fails=True)
    proof.check("calibration.cache:4" in said and "calibration.bad_cache" in said,
                "a line that is none is refused by its number")


main(__doc__, prove)
