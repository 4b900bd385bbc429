"""Integer variants of the generated models, made by ONNX Runtime's quantisation, so that all engines get one file.

    s8s8     Q/DQ before convolutions, products and residuals only, symmetric INT8, weights per channel: TensorRT's way
    u8s8     Q/DQ around most operators, UINT8 with zero points, weights INT8 per channel: ONNX Runtime's usual way
    dynamic  DynamicQuantizeLinear and MatMulInteger: ranges of activations are found while it runs

Ranges come from random inputs: the files are for timing. As program: python -m bench.models.quantize IN OUT KIND
"""

import sys
import tempfile
from pathlib import Path

import onnx

from bench.models.inputs import random_inputs, shapes_at

KINDS = ("s8s8", "u8s8", "dynamic")
SAMPLES = 4
# What u8s8 is quantised around; activation functions and softmax stay in float.
OPERATORS = ["Conv", "ConvTranspose", "MatMul", "Gemm", "Add", "Concat", "MaxPool", "AveragePool", "GlobalAveragePool",
             "Resize", "Relu", "Clip"]
# What s8s8 has Q/DQ before.
PRODUCTS = ["Conv", "ConvTranspose", "MatMul", "Gemm", "Add", "GlobalAveragePool"]


class _Samples:
    """The calibration data reader that ONNX Runtime asks for."""

    def __init__(self, model: onnx.ModelProto) -> None:
        shapes = shapes_at(model, 1)
        self._samples = iter([random_inputs(model, shapes, seed) for seed in range(SAMPLES)])

    def get_next(self) -> dict | None:
        return next(self._samples, None)


def _keep_sums_exact(model: onnx.ModelProto) -> None:
    """Add(DQ(Q(Conv)), DQ(Q(x))) => Add(Conv, DQ(Q(x))): the sum is taken of the accumulator."""
    producers = {name: node for node in model.graph.node for name in node.output}
    for add in (node for node in model.graph.node if node.op_type == "Add"):
        for i, name in enumerate(add.input):
            dequantize = producers.get(name)
            quantize = producers.get(dequantize.input[0]) if dequantize else None
            if not quantize or (dequantize.op_type, quantize.op_type) != ("DequantizeLinear", "QuantizeLinear"):
                continue
            source = producers.get(quantize.input[0])
            if source and source.op_type in ("Conv", "MatMul"):
                add.input[i] = quantize.input[0]
                break  # of two convolutions one stays in integers
    used = {name for node in model.graph.node for name in node.input} | {info.name for info in model.graph.output}
    for kind in ("DequantizeLinear", "QuantizeLinear"):
        for node in [n for n in model.graph.node if n.op_type == kind and n.output[0] not in used]:
            used.difference_update(node.input[:1])
            model.graph.node.remove(node)
    used = {name for node in model.graph.node for name in node.input}
    for weight in [w for w in model.graph.initializer if w.name not in used]:
        model.graph.initializer.remove(weight)


def quantize(path: Path, out: Path, kind: str) -> None:
    """Writes the model at `path` in integers to `out`."""
    from onnxruntime import quantization as q
    from onnxruntime.quantization.shape_inference import quant_pre_process
    with tempfile.TemporaryDirectory() as folder:
        prepared, result = Path(folder) / "prepared.onnx", Path(folder) / "quantized.onnx"
        # Symbolic shape inference stumbles over transformers; what it adds is not needed here.
        quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
        if kind == "dynamic":
            q.quantize_dynamic(str(prepared), str(result), per_channel=True, weight_type=q.QuantType.QInt8,
                               op_types_to_quantize=["MatMul", "Gemm"])
        else:
            symmetric = kind == "s8s8"
            options = {"ActivationSymmetric": symmetric, "WeightSymmetric": True}
            if symmetric:
                options["OpTypesToExcludeOutputQuantization"] = PRODUCTS
            q.quantize_static(str(prepared), str(result), _Samples(onnx.load(prepared)),
                              quant_format=q.QuantFormat.QDQ, per_channel=True,
                              activation_type=q.QuantType.QInt8 if symmetric else q.QuantType.QUInt8,
                              weight_type=q.QuantType.QInt8,
                              op_types_to_quantize=PRODUCTS if symmetric else OPERATORS, extra_options=options)
        model = onnx.load(result)
        if kind == "s8s8":
            _keep_sums_exact(model)
        out.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(model, out)


def main() -> None:
    if len(sys.argv) != 4 or sys.argv[3] not in KINDS:
        sys.exit(f"usage: python -m bench.models.quantize IN.onnx OUT.onnx {'|'.join(KINDS)}")
    quantize(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])


if __name__ == "__main__":
    main()
