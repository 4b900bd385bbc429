#!/usr/bin/env python3
"""INT8 beside FP16 on a GPU, both Ingot's, in one run: same weights, same GPU, timed in turn.

    python bench/gpu/int8.py [--models=resnet50,...] [--batches=1,8,128] [--calib=random | --caches=FOLDER] [--fp8]
                             [--rounds=2] [--dry-run]

The networks are those of bench/gpu/run.py. INT8 engines may use FP16 where it is faster or more exact. Their ranges
come from FOLDER/<model>.cache, or from --calib: `random` gives speed only, as the outputs' difference then shows. A
ratio above 1 says that INT8 is faster than FP16. Every engine is built twice: the second build finds the times of the
first in the timing cache, so that its seconds are what a rebuild takes. --fp8 measures FP8 in the place of INT8.
"""

import argparse
import shlex
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench.gpu import engine

DEFAULT = "resnet50,efficientnet_b0,yolov8n,vit_b16"
SIDES = {"resnet50": (3, 224, 224), "efficientnet_b0": (3, 224, 224), "yolov8n": (3, 640, 640),
         "vit_b16": (3, 224, 224)}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", default=DEFAULT)
    parser.add_argument("--batches", default="1,8,128")
    parser.add_argument("--device", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=2, help="times that both are timed in turn")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each timing")
    parser.add_argument("--calib", default="random", help="what --calib of trtexec takes: random, a cache, a folder")
    parser.add_argument("--caches", type=Path, help="folder with MODEL.cache for each model, in the place of --calib")
    parser.add_argument("--fp8", action="store_true", help="FP8 in the place of INT8")
    parser.add_argument("--flags", default="", help="more flags for both builds, as one text")
    parser.add_argument("--work", type=Path, default=ROOT / "build/bench-gpu", help="folder of models and plans")
    parser.add_argument("--out", type=Path, default=ROOT / "bench/results", help="folder of the JSON")
    parser.add_argument("--no-save", action="store_true", help="write no JSON")
    parser.add_argument("--dry-run", action="store_true", help="print the commands and stop: needs no GPU, no torch")
    args = parser.parse_args()
    for name in args.models.split(","):
        if name not in SIDES:
            parser.error(f"unknown: {name}; known: {DEFAULT}")
    args.batches = [int(batch) for batch in args.batches.split(",")]
    args.narrow = "fp8" if args.fp8 else "int8"
    return args


def plan_of(name: str, batch: int, precision: str, args: argparse.Namespace) -> Path:
    return args.work / f"{name}-b{batch}-{precision}.plan"


def build_command(name: str, batch: int, precision: str, args: argparse.Namespace) -> list[str]:
    flags = [f"--device={args.device}", *shlex.split(args.flags)]
    if precision != "fp16":
        flags += [f"--{precision}", f"--calib={args.caches / f'{name}.cache' if args.caches else args.calib}"]
    shape = engine.shape_flag("input", (batch, *SIDES[name]))
    return engine.build_command(args.work / f"{name}.onnx", plan_of(name, batch, precision, args), shape,
                                args.work / "timing.cache", flags)


def time_command(name: str, batch: int, precision: str, args: argparse.Namespace) -> list[str]:
    shape = engine.shape_flag("input", (batch, *SIDES[name]))
    return engine.time_command(plan_of(name, batch, precision, args), shape, args.seconds, [f"--device={args.device}"])


def result_of(name: str, batch: int, precision: str, args: argparse.Namespace):
    """The first output for the same data."""
    import numpy as np
    folder = args.work / f"{name}-b{batch}-{precision}-outputs"
    shape = engine.shape_flag("input", (batch, *SIDES[name]))
    engine.call(engine.run_command(plan_of(name, batch, precision, args), shape, "input",
                                   args.work / f"{name}-b{batch}.raw", folder, [f"--device={args.device}"]))
    described = engine.outputs(folder)[0]
    types = {"f32": np.float32, "float32": np.float32, "f16": np.float16, "float16": np.float16}
    return np.fromfile(folder / described["file"], types[described["dtype"]]).astype(np.float32)


def difference(name: str, batch: int, args: argparse.Namespace) -> float:
    """Mean absolute difference of the narrow engine's output, relative to how much FP16's values vary."""
    import numpy as np

    from bench.gpu import networks
    networks.input_for(networks.NETWORKS[name], batch).numpy().tofile(args.work / f"{name}-b{batch}.raw")
    half = result_of(name, batch, "fp16", args)
    narrow = result_of(name, batch, args.narrow, args)
    return float(np.abs(narrow - half).mean() / max(np.abs(half - half.mean()).mean(), 1e-12))


def measure(name: str, batch: int, args: argparse.Namespace) -> dict[str, object]:
    """One row: both precisions of one network at one batch size."""
    from bench.gpu import peer
    row: dict[str, object] = {"model": name, "batch": batch, "problems": []}
    times: dict[str, list[float]] = {}
    for precision in ("fp16", args.narrow):
        try:
            row[f"build_{precision}"] = engine.build(build_command(name, batch, precision, args))
            row[f"rebuild_{precision}"] = engine.build(build_command(name, batch, precision, args))
            row[f"plan_mib_{precision}"] = plan_of(name, batch, precision, args).stat().st_size / 2**20
            times[precision] = []
        except engine.EngineError as error:
            row["problems"].append(str(error))
    for _ in range(args.rounds):
        for precision, values in times.items():
            peer.warm_clocks(0.3)
            try:
                values.append(engine.timing(time_command(name, batch, precision, args))["ms"])
            except engine.EngineError as error:
                row["problems"].append(str(error))
    row["ms"] = {precision: statistics.median(values) for precision, values in times.items() if values}
    row["rounds"] = times
    if len(row["ms"]) == 2:
        try:
            row["difference"] = difference(name, batch, args)
        except engine.EngineError as error:
            row["problems"].append(str(error))
    return row


def line(row: dict, narrow: str) -> str:
    """resnet50        b1     fp16 0.31 ms   int8 0.21 ms (1.48x)   difference 1.2e-02   build 5.1 + 8.3 s ..."""
    ms = row["ms"]
    parts = [f"{row['model']:<16}b{row['batch']:<4}"]
    parts += [f"{precision} {value:.4g} ms" for precision, value in ms.items()]
    if len(ms) == 2:
        parts.append(f"{narrow} is {ms['fp16'] / ms[narrow]:.2f}x")
    if "difference" in row:
        parts.append(f"difference {row['difference']:.1e}")
    for precision in ("fp16", narrow):
        if f"build_{precision}" in row:
            parts.append(f"{precision} built in {row[f'build_{precision}']['build_s']:.1f} s (again "
                         f"{row[f'rebuild_{precision}']['build_s']:.1f}), {row[f'plan_mib_{precision}']:.0f} MiB")
    return "   ".join(parts) + "".join(f"\n    PROBLEM: {problem}" for problem in row["problems"])


def main() -> int:
    args = parse()
    if args.dry_run:
        for name in args.models.split(","):
            for batch in args.batches:
                for precision in ("fp16", args.narrow):
                    print(shlex.join(build_command(name, batch, precision, args)))
                    print(shlex.join(time_command(name, batch, precision, args)))
        return 0
    if (torch := engine.torch_with_gpu()) is None:
        return 0
    from bench.gpu import networks, peer
    torch.cuda.set_device(args.device)
    peer.warm_clocks(1.0)
    rows: list[dict] = []
    for name in args.models.split(","):
        try:
            path = args.work / f"{name}.onnx"
            if not path.is_file():
                networks.export(name, networks.build(name, "cuda"), path)
            torch.cuda.empty_cache()
        except Exception as error:  # one network must not cost the others their figures
            print(f"{name:<16}FAILED: {error}", flush=True)
            rows.append({"model": name, "batch": 0, "ms": {}, "problems": [str(error)[:2000]]})
            continue
        for batch in args.batches:
            rows.append(measure(name, batch, args))
            print(line(rows[-1], args.narrow), flush=True)
    for batch in args.batches:
        ratios = [row["ms"]["fp16"] / row["ms"][args.narrow] for row in rows
                  if row["batch"] == batch and len(row["ms"]) == 2]
        if ratios:
            print(f"{'geometric mean':<16}b{batch:<4}   {args.narrow} is {statistics.geometric_mean(ratios):.2f}x, at "
                  f"worst {min(ratios):.2f}x")
    if not args.no_save:
        engine.save({"gpu": torch.cuda.get_device_name(),
                     "ingot": engine.call([str(engine.INGOT), "env"]).splitlines(), "rows": rows}, args.out,
                    f"gpu-{args.narrow}")
    return 1 if any(row["problems"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
