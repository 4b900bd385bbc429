#!/usr/bin/env python3
"""Compares engines of a GPU with those of the CPU: the small variants of bench/models, in FP32 and FP16.

    python tests/gpu/compare_engines.py [--models=resnet50,...] [--device=0] [--batch=2]

Needs numpy and onnx, and build/bin. Prints a line a network; exit code 1 if one differs or fails.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import onnx

from bench.models.catalog import MODELS, file_name
from bench.models.inputs import random_inputs, shapes_at

# Mean absolute difference from the CPU's FP32, relative to how much the values vary. The detectors select: where two
# scores are nearly equal, FP16 may take the other.
TOLERANCE = {"fp32": 1e-4, "fp16": 1e-2}
FLAGS = {"fp32": ["--noTF32"], "fp16": ["--fp16"]}
SELECTING = {"rtdetr"}


def call(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n  exit code {done.returncode}\n{(done.stdout + done.stderr)[-1500:]}")


def outputs_of(model: Path, shapes: dict, inputs: dict[str, Path], device: str, flags: list[str],
               tag: str) -> dict[str, np.ndarray]:
    """Builds an engine, runs it once, reads its outputs."""
    folder = model.parent / f"{model.stem}-{tag}"
    plan = model.parent / f"{model.stem}-{tag}.plan"
    shape = "--shapes=" + ",".join(f"{name}:{'x'.join(map(str, dims))}" for name, dims in shapes.items())
    call([str(ROOT / "build/bin/trtexec"), f"--onnx={model}", shape, f"--saveEngine={plan}", "--skipInference",
          f"--device={device}", "--builderOptimizationLevel=1", *flags])
    chosen = [] if device == "cpu" else [f"--device={device}"]
    call([str(ROOT / "build/bin/ingot"), "run", str(plan), shape, f"--saveOutputs={folder}", *chosen,
          "--loadInputs=" + ",".join(f"{name}:{path}" for name, path in inputs.items())])
    types = {"f32": np.float32, "f16": np.float16, "i64": np.int64, "i32": np.int32, "bool": np.bool_}
    return {entry["name"]: np.fromfile(folder / entry["file"], types[entry["dtype"]]).reshape(entry["shape"])
            for entry in json.loads((folder / "outputs.json").read_text())}


def deviation(ours: np.ndarray, reference: np.ndarray) -> float:
    if ours.shape != reference.shape or not np.isfinite(ours).all():
        return float("inf")
    ours, reference = ours.astype(np.float64), reference.astype(np.float64)
    scale = np.abs(reference - reference.mean()).mean()
    return float(np.abs(ours - reference).mean() / max(scale, 1e-12))


def compare(name: str, args: argparse.Namespace) -> bool:
    path = args.work / file_name(name, True)
    if not path.is_file():
        onnx.save(MODELS[name](True, "batch"), path)
    model = onnx.load(path)
    shapes = shapes_at(model, args.batch)
    inputs = {}
    for key, array in random_inputs(model, shapes).items():
        inputs[key] = args.work / f"{path.stem}-{key}.raw"
        array.tofile(inputs[key])
    reference = outputs_of(path, shapes, inputs, "cpu", ["--noTF32"], "cpu")
    good = True
    for precision, flags in FLAGS.items():
        ours = outputs_of(path, shapes, inputs, args.device, flags, precision)
        worst = max(deviation(ours[key], reference[key]) for key in reference)
        fits = worst < TOLERANCE[precision] or (name in SELECTING and precision == "fp16")
        good = good and fits
        print(f"{name:<16}{precision}   deviation {worst:.1e}   {'good' if fits else 'DIFFERS'}", flush=True)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--device", default="0", help="a GPU; cpu tries this script out")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--work", type=Path, default=ROOT / "build/gpu-test")
    args = parser.parse_args()
    args.work = args.work.resolve()
    args.work.mkdir(parents=True, exist_ok=True)
    failed = 0
    for name in args.models.split(","):
        try:
            failed += not compare(name, args)
        except Exception as error:  # one network must not hide the others
            failed += 1
            print(f"{name:<16}FAILED: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
