"""Writes the small models that the tests of the command line use: python tests/data/make_models.py."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).parent


def save(name: str, nodes: list, inputs: list, outputs: list, weights: dict[str, np.ndarray]) -> None:
    initializers = [numpy_helper.from_array(array, key) for key, array in weights.items()]
    graph = helper.make_graph(nodes, name, inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="make_models")
    model.ir_version = 8
    onnx.save(model, HERE / f"{name}.onnx")


def tensor(name: str, *dims: int | str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)


def main() -> None:
    random = np.random.default_rng(1)

    def weight(*shape: int) -> np.ndarray:
        return (random.standard_normal(shape) / 3).astype(np.float32)

    # A classifier with a dynamic batch.
    nodes = [helper.make_node("Conv", ["image", "w1", "b1"], ["c1"], "/conv1", pads=[1, 1, 1, 1]),
             helper.make_node("Relu", ["c1"], ["r1"], "/relu1"),
             helper.make_node("Conv", ["r1", "w2"], ["c2"], "/conv2", pads=[1, 1, 1, 1], strides=[2, 2]),
             helper.make_node("Relu", ["c2"], ["r2"], "/relu2"),
             helper.make_node("GlobalAveragePool", ["r2"], ["p"], "/pool"),
             helper.make_node("Flatten", ["p"], ["f"], "/flatten"),
             helper.make_node("Gemm", ["f", "w3", "b3"], ["scores"], "/gemm", transB=1)]
    save("classifier", nodes, [tensor("image", "batch", 3, 16, 16)], [tensor("scores", "batch", 10)],
         {"w1": weight(16, 3, 3, 3), "b1": weight(16), "w2": weight(16, 16, 3, 3), "w3": weight(10, 16), "b3": weight(10)})

    # Three nodes that no version of Ingot can know, beside one that it does.
    nodes = [helper.make_node("Frobnicate", ["x"], ["a"], "/one", domain="com.example"),
             helper.make_node("Relu", ["a"], ["b"], "/two"),
             helper.make_node("Frobnicate", ["b"], ["c"], "/three", domain="com.example"),
             helper.make_node("Transmogrify", ["c"], ["y"], "/four")]
    save("unsupported", nodes, [tensor("x", 1, 4)], [tensor("y", 1, 4)], {})


if __name__ == "__main__":
    main()
