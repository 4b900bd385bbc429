"""Checks a generated model with ONNX Runtime: runs at batch 1 and 8, finite, of order 1, and depends on its input."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from bench.models.inputs import random_inputs, shapes_at


def check(path: Path, batches: tuple[int, ...] = (1, 8)) -> None:
    """Prints a line an output; raises AssertionError where the numbers would hide errors."""
    model = onnx.load(path)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for batch in batches:
        shapes = shapes_at(model, batch)
        first, second = (session.run(None, random_inputs(model, shapes, seed)) for seed in (1, 2))
        for info, a, b in zip(session.get_outputs(), first, second):
            spread, change = float(np.ptp(a)), float(np.abs(a - b).max())
            print(f"  b{batch}  {info.name} {list(a.shape)}  mean {a.mean():.3g}  std {a.std():.3g}  range {spread:.3g}"
                  f"  change with the input {change / spread:.2g}")
            assert a.shape[0] == batch and np.isfinite(a).all()
            assert 0.01 < a.std() < 1000 and change > 0.01 * spread, "the output says too little of the input"
