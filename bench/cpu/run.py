#!/usr/bin/env python3
"""Latency on the CPU side by side with ONNX Runtime and OpenVINO, interleaved in one run.

    python bench/cpu/run.py [--quick] [--models=resnet50,...] [--batches=1,8] [--peers=openvino,onnxruntime]

FP32 for all; on a CPU with BF16 a second table compares Ingot's BF16 with OpenVINO's default precision there and
with ONNX Runtime's FP32 (it has no BF16). Every engine is a live process; chunks of 0.4 s go round-robin; a chunk
counts only when other processes took less than 6 % of the CPU time; the figures are medians, in ms, and a ratio
above 1 says that Ingot is faster. The result is also written as JSON below bench/results.
"""

import argparse
import datetime
import json
import shlex
import sys
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import onnx

from bench.cpu import floor, machine, plans
from bench.cpu.interleave import Timing, geometric_mean, interleave
from bench.cpu.workers import PEERS, Worker, ingot_command, peer_command
from bench.models.catalog import MODELS, file_name
from bench.models.inputs import shapes_at

DEFAULT = "resnet50,mobilenetv2,mobilenetv3,efficientnet_b0,yolov8n,vit_b16,bert_base,unet"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", default=DEFAULT, help=f"comma-separated, of: {', '.join(MODELS)}")
    parser.add_argument("--batches", default="1,8")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--precisions", default="fp32,bf16", help="bf16 is left out where the CPU has none")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, help="clean chunks an engine (7; quick: 3)")
    parser.add_argument("--seconds", type=float, default=0.4, help="length of a chunk")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no second build with the timing cache")
    parser.add_argument("--tiny", action="store_true", help="the small variants: to try this script out")
    parser.add_argument("--no-ingot", action="store_true", help="the peers only")
    parser.add_argument("--no-save", action="store_true", help="write no JSON")
    args = parser.parse_args()
    args.rounds = args.rounds or (3 if args.quick else 7)
    for names, known in ((args.models, MODELS), (args.peers, PEERS), (args.precisions, ("fp32", "bf16"))):
        for name in filter(None, names.split(",")):
            if name not in known:
                parser.error(f"unknown: {name}; known: {', '.join(known)}")
    return args


def model_file(name: str, tiny: bool) -> Path:
    """The generated model, made if it is not there."""
    path = ROOT / ".models" / "generated" / file_name(name, tiny)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(MODELS[name](tiny, "batch"), path)
    return path


def measure(name: str, batch: int, precision: str, peak: float, args: argparse.Namespace) -> dict[str, object]:
    """One row: all engines on one model at one batch size."""
    path = model_file(name, args.tiny)
    shapes = shapes_at(onnx.load(path, load_external_data=False), batch)
    row: dict[str, object] = {"model": name, "batch": batch, "precision": precision,
                              "floor_ms": floor.flops(path, shapes) / peak / 1e6 if precision == "fp32" else None}
    commands = {}
    if not args.no_ingot:
        flags = ["--bf16"] if precision == "bf16" else ["--noTF32"]
        plan, row["build_s"] = plans.build_plan(path, shapes, flags, args.threads, f"{path.stem}-b{batch}-{precision}",
                                                time_cached=not args.quick)
        commands["ingot"] = ingot_command(plan, args.threads)
    for peer in filter(None, args.peers.split(",")):
        peer_precision = "default" if precision == "bf16" else "f32"
        commands[peer] = peer_command(peer, path, batch, args.threads, peer_precision)
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(peer, command)) for peer, command in commands.items()]
        timings = interleave(workers, args.rounds, args.seconds)
    row["engines"] = {engine: {"ms": timing.median, "spread": timing.spread, "chunks": timing.chunks,
                               "disturbed": timing.disturbed} for engine, timing in timings.items()}
    print(line(row, timings), flush=True)
    return row


def line(row: dict[str, object], timings: dict[str, Timing]) -> str:
    """resnet50  b1  fp32   ingot 36.1 ms   openvino 38.3 (1.06x)   floor 35.0   5 rounds, spread 2 %"""
    (first, base), *others = timings.items()
    parts = [f"{row['model']:<16}b{row['batch']:<3}{row['precision']}", f"{first} {base.median:.4g} ms"]
    parts += [f"{name} {timing.median:.4g} ({timing.median / base.median:.2f}x)" for name, timing in others]
    if row["floor_ms"]:
        parts.append(f"floor {row['floor_ms']:.3g}")
    disturbed = sum(t.disturbed for t in timings.values())
    rounds = min(len(t.chunks) for t in timings.values())
    noise = f", {disturbed} disturbed chunks" if disturbed else ""
    return "   ".join([*parts, f"{rounds} rounds, spread {max(t.spread for t in timings.values()) * 100:.0f} %{noise}"])


def summary(rows: list[dict], batches: list[int]) -> list[dict[str, object]]:
    """Geometric means of the ratios, and the worst network against the better peer."""
    means = []
    for precision in dict.fromkeys(row["precision"] for row in rows):
        for batch in batches:
            here = [r["engines"] for r in rows if (r["precision"], r["batch"]) == (precision, batch)]
            here = [e for e in here if "ingot" in e and len(e) > 1]
            if not here:
                continue
            peers = [p for p in here[0] if p != "ingot"]
            mean = {p: geometric_mean([e[p]["ms"] / e["ingot"]["ms"] for e in here]) for p in peers}
            worst = min(min(e[p]["ms"] for p in peers) / e["ingot"]["ms"] for e in here)
            means.append({"precision": precision, "batch": batch, "ratios": mean, "worst_against_better_peer": worst})
            text = "   ".join(f"{peer} {ratio:.3f}x" for peer, ratio in mean.items())
            print(f"{'geometric mean':<16}b{batch:<3}{precision}   {text}   worst against the better peer {worst:.2f}x")
    return means


def save(result: dict[str, object]) -> None:
    folder = ROOT / "bench" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.date.today()}-{machine.slug()}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(f"written to {path.relative_to(ROOT)}")


def main() -> int:
    args = parse()
    peak = floor.fma_peak(args.threads)
    about = machine.describe()
    print(f"{about['cpu']} ({about['isa']}), {args.threads} threads, FMA peak {peak:.0f} GFLOP/s (FP32, measured)")
    print("   ".join(f"{name} {version}" for name, version in about["versions"].items()), flush=True)
    batches = [int(b) for b in args.batches.split(",")]
    rows: list[dict] = []
    failures = 0
    for precision in args.precisions.split(","):
        if precision == "bf16" and not machine.has_bf16():
            print("bf16: this CPU has none, its table is left out")
            continue
        for batch in batches:
            for name in args.models.split(","):
                try:
                    peak = max(peak, floor.fma_peak(args.threads))  # a quiet moment may come later
                    rows.append(measure(name, batch, precision, peak, args))
                except Exception as error:  # one network must not cost the others their figures
                    failures += 1
                    print(f"{name:<16}b{batch:<3}{precision}   FAILED: {error}", flush=True)
    means = summary(rows, batches)
    if rows and not args.no_save:
        command = f"python {shlex.join(sys.argv)}"
        save({"command": command, "date": datetime.datetime.now().isoformat(timespec="seconds"), **about,
              "threads": args.threads, "fma_peak_gflops": peak, "rows": rows, "geometric_means": means})
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
