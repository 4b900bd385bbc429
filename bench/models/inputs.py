"""Random inputs of the right kind for a model: images with structure, token ids, masks with some padding."""

from collections.abc import Mapping, Sequence

import numpy as np
import onnx

Shapes = Mapping[str, Sequence[int]]


def input_infos(model: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    """The inputs that a caller must give: those that are not initializers as well."""
    weights = {w.name for w in model.graph.initializer}
    return [info for info in model.graph.input if info.name not in weights]


def shapes_at(model: onnx.ModelProto, batch: int) -> dict[str, list[int]]:
    """Each input's shape with the batch in place of its first symbol; other symbols are an error."""
    result = {}
    for info in input_infos(model):
        dims = info.type.tensor_type.shape.dim
        result[info.name] = [d.dim_value or (batch if i == 0 else 0) for i, d in enumerate(dims)]
        if 0 in result[info.name]:
            raise ValueError(f"input {info.name} has a dynamic axis besides the batch: give its shape")
    return result


def random_image(random: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """Coarse patches under fine noise, so that a pixel in the wrong place changes every result."""
    rows, columns = (np.arange(size) * 6 // size for size in shape[2:])
    coarse = random.standard_normal((*shape[:2], 6, 6))[:, :, rows][:, :, :, columns]
    return 0.9 * coarse + 0.5 * random.standard_normal(shape)


def random_inputs(model: onnx.ModelProto, shapes: Shapes, seed: int = 0) -> dict[str, np.ndarray]:
    """One array an input, the same for the same seed."""
    result = {}
    for info in input_infos(model):
        random = np.random.default_rng([seed, *info.name.encode()])
        dtype, shape = onnx.helper.tensor_dtype_to_np_dtype(info.type.tensor_type.elem_type), shapes[info.name]
        if "mask" in info.name:
            lengths = random.integers(shape[-1] // 2, shape[-1], shape[:-1], endpoint=True)
            result[info.name] = (np.arange(shape[-1]) < lengths[..., None]).astype(dtype)
        elif "type" in info.name:
            result[info.name] = random.integers(0, 2, shape).astype(dtype)
        elif np.issubdtype(dtype, np.integer):
            result[info.name] = random.integers(1, 200, shape).astype(dtype)
        elif len(shape) == 4:
            result[info.name] = random_image(random, shape).astype(dtype)
        else:
            result[info.name] = random.standard_normal(shape).astype(dtype)
    return result
