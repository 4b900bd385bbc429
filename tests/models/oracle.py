"""What Ingot is compared with: ONNX Runtime, and ONNX Runtime with the means of a model taken in double.

A sum of a hundred thousand floats, added up one after another in float, is off by much more than an ulp. ONNX Runtime
takes the mean of a large image so, and where a network amplifies that, its outputs are off by more than what this
comparison allows. The better oracle is the same model with its means rewritten to double; everything else is ONNX
Runtime's own.
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

Outputs = dict[str, np.ndarray]


def onnx_runtime(model: Path | bytes, inputs: Outputs) -> Outputs:
    """The outputs of ONNX Runtime on the CPU."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    source = model if isinstance(model, bytes) else str(model)
    session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    names = [info.name for info in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs)))


def means_in_double(path: Path) -> bytes:
    """The model with GlobalAveragePool and ReduceMean computed in double, between casts."""
    model = onnx.load(path)
    opset = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    nodes, found = [], 0
    for node in model.graph.node:
        if node.op_type not in ("GlobalAveragePool", "ReduceMean"):
            nodes.append(node)
            continue
        found += 1
        wide, mean, name = (f"{node.output[0]}/{part}" for part in ("wide", "mean", "node"))
        nodes.append(helper.make_node("Cast", [node.input[0]], [wide], name=f"{name}/widen", to=TensorProto.DOUBLE))
        if node.op_type == "ReduceMean":
            reduce = onnx.NodeProto()
            reduce.CopyFrom(node)
            reduce.input[0], reduce.output[0] = wide, mean
        elif opset < 18:
            reduce = helper.make_node("ReduceMean", [wide], [mean], name=name, axes=[2, 3], keepdims=1)
        else:
            axes = helper.make_tensor(f"{name}/axes", TensorProto.INT64, [2], [2, 3])
            model.graph.initializer.append(axes)
            reduce = helper.make_node("ReduceMean", [wide, axes.name], [mean], name=name, keepdims=1)
        nodes.append(reduce)
        nodes.append(helper.make_node("Cast", [mean], list(node.output), name=f"{name}/narrow", to=TensorProto.FLOAT))
    if not found:
        raise ValueError(f"{path.name} has no means to take in double")
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model.SerializeToString()
