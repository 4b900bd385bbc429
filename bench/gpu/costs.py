#!/usr/bin/env python3
"""What runs of Ingot's engines cost the host on a GPU, and the memory that they take: ResNet-50 in FP16.

    python bench/gpu/costs.py [--model=resnet50] [--dry-run]

Two engines: one of a fixed shape, one of a profile of batch 1 to 8 that changes between two shapes. The times are of
the host, from the call of Context::enqueue until it returns: with addresses that were recorded, with new ones, with
another shape. build/bin/run_costs measures. The first GPU is used: CUDA_VISIBLE_DEVICES chooses another.
"""

import argparse
import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench.gpu import engine

SIDES = {"resnet50": "3x224x224", "efficientnet_b0": "3x224x224", "vit_b16": "3x224x224", "yolov8n": "3x640x640"}


def commands(name: str, work: Path) -> list[tuple[str, list[str], list[str]]]:
    """Of each engine: its name, how it is built and how it is measured."""
    side, model, cache = SIDES[name], work / f"{name}.onnx", work / "timing.cache"
    program = str(ROOT / "build/bin/run_costs")
    fixed, changing = work / f"{name}-fixed.plan", work / f"{name}-changing.plan"
    profile = [f"--minShapes=input:1x{side}", f"--maxShapes=input:8x{side}"]
    return [("fixed shape", engine.build_command(model, fixed, f"--shapes=input:1x{side}", cache, []),
             [program, str(fixed)]),
            ("profile of batch 1 to 8",
             engine.build_command(model, changing, f"--optShapes=input:4x{side}", cache, profile),
             [program, str(changing), f"input=1x{side}", f"8x{side}"])]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="resnet50", choices=SIDES)
    parser.add_argument("--work", type=Path, default=ROOT / "build/bench-gpu", help="folder of models and plans")
    parser.add_argument("--dry-run", action="store_true", help="print the commands and stop: needs neither GPU nor torch")
    args = parser.parse_args()
    todo = commands(args.model, args.work)
    if args.dry_run:
        for _, build, measure in todo:
            print(shlex.join(build), shlex.join(measure), sep="\n")
        return 0
    if engine.torch_with_gpu() is None:
        return 0
    from bench.gpu import networks
    model = args.work / f"{args.model}.onnx"
    if not model.is_file():
        args.work.mkdir(parents=True, exist_ok=True)
        networks.export(args.model, networks.build(args.model, "cuda"), model)
    for title, build, measure in todo:
        built = engine.build(build)
        print(f"{args.model} FP16, {title}: built in {built['build_s']:.1f} s", flush=True)
        print("".join(f"    {line}\n" for line in engine.call(measure).splitlines()), end="", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
