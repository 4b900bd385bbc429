#!/usr/bin/env python3
"""Writes what the fuzz targets start from: small ONNX models, and plans of some of them with their metadata alone.

    .venv/bin/python tests/fuzz/seeds.py FOLDER [--ingot=build/bin/ingot]

The models are the cases that ONNX ships for its operators; FOLDER gets `onnx/` and `plan/`.
"""

import argparse
import struct
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import onnx.backend.test.case.node as node_cases

MOST_BYTES = 4096  # of a model: small seeds are mutated to more purpose
HEADER_BYTES, ENTRY_BYTES = 256, 48  # docs/plan-format.md, sections 2 and 3
PLANS = 40


def metadata_of(plan: bytes) -> bytes:
    """The section "metadata" of a plan, which plan_fuzzer puts into a file of its own."""
    (count,) = struct.unpack_from("<I", plan, 12)
    for i in range(count):
        name, offset, size = struct.unpack_from("<16sQQ", plan, HEADER_BYTES + i * ENTRY_BYTES)
        if name.rstrip(b"\0") == b"metadata":
            return plan[offset:offset + size]
    raise ValueError("a plan without metadata")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ingot", type=Path, default=Path("build/bin/ingot"))
    args = parser.parse_args()
    for kind in ("onnx", "plan"):
        (args.folder / kind).mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the cases divide by zero on purpose
        cases = node_cases.collect_testcases(None)
    models = {case.name: data for case in cases if len(data := case.model.SerializeToString()) <= MOST_BYTES}
    for name, data in models.items():
        (args.folder / "onnx" / name).write_bytes(data)
    plans = 0
    with tempfile.TemporaryDirectory() as scratch:
        plan = Path(scratch) / "seed.plan"
        for name in list(models)[::max(1, len(models) // (2 * PLANS))]:  # about half of them build
            source = args.folder / "onnx" / name
            built = subprocess.run([args.ingot, "build", source, f"-o={plan}", "--device=cpu",
                                    "--builderOptimizationLevel=0"], capture_output=True)
            if built.returncode == 0:
                plans += 1
                (args.folder / "plan" / name).write_bytes(plan.read_bytes())
                (args.folder / "plan" / f"{name}.metadata").write_bytes(metadata_of(plan.read_bytes()))
    print(f"{len(models)} models, {plans} plans")
    return 0 if models and plans else 1


if __name__ == "__main__":
    sys.exit(main())
