#!/usr/bin/env python3
"""Latency on the CPU side by side with ONNX Runtime and OpenVINO, interleaved in one run.

    python bench/cpu/run.py [--quick] [--models=resnet50,...] [--batches=1,8] [--peers=openvino,onnxruntime]

FP32 for all; on a CPU with BF16 a second table compares Ingot's BF16 with OpenVINO's default precision there and
with ONNX Runtime's FP32 (it has no BF16). --precisions=int8 takes models that ONNX Runtime's quantisation made (a row
for each kind: see bench/models/quantize.py), the same file for all, with Ingot's float engines beside. Every engine is a live process; chunks of 0.4 s go round-robin; a chunk
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
from bench.models.quantize import quantize

DEFAULT = "resnet50,mobilenetv2,mobilenetv3,efficientnet_b0,yolov8n,vit_b16,bert_base,unet"
# How the models are quantised; the others are not measured in integers.
INTEGER = {**dict.fromkeys(("resnet50", "mobilenetv2", "yolov8n", "vit_b16"), ("s8s8", "u8s8")),
           "bert_base": ("dynamic",)}
PRECISIONS = ("fp32", "bf16", "int8")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", default=DEFAULT, help=f"comma-separated, of: {', '.join(MODELS)}")
    parser.add_argument("--batches", default="1,8")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--precisions", default="fp32,bf16",
                        help=f"of {', '.join(PRECISIONS)}; bf16 is left out where the CPU has none")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, help="clean chunks an engine (7; quick: 3)")
    parser.add_argument("--seconds", type=float, default=0.4, help="length of a chunk")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no second build with the timing cache")
    parser.add_argument("--tiny", action="store_true", help="the small variants: to try this script out")
    parser.add_argument("--no-ingot", action="store_true", help="the peers only")
    parser.add_argument("--no-save", action="store_true", help="write no JSON")
    args = parser.parse_args()
    args.rounds = args.rounds or (3 if args.quick else 7)
    for names, known in ((args.models, MODELS), (args.peers, PEERS), (args.precisions, PRECISIONS)):
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


def quantized_file(name: str, kind: str, tiny: bool) -> Path:
    """The generated model in integers, made if it is not there."""
    source = model_file(name, tiny)
    path = source.with_name(f"{source.stem}-{kind}.onnx")
    if not path.is_file():
        quantize(source, path, kind)
    return path


def engines(name: str, batch: int, kind: str, args: argparse.Namespace) -> tuple[dict[str, list[str]], dict]:
    """Commands of the workers to measure, and how long Ingot's build took. `kind` is fp32, bf16, s8s8 ..."""
    integer = kind not in ("fp32", "bf16")
    path = quantized_file(name, kind, args.tiny) if integer else model_file(name, args.tiny)
    commands: dict[str, list[str]] = {}

    def ingot(engine: str, model: Path, precision: str, time_cached: bool) -> dict[str, float]:
        flags = {"fp32": ["--noTF32"], "bf16": ["--bf16"]}.get(precision, ["--int8"])
        if integer and machine.has_bf16() and precision == kind:
            flags.append("--bf16")
        shapes = shapes_at(onnx.load(model, load_external_data=False), batch)
        plan, seconds = plans.build_plan(model, shapes, flags, args.threads, f"{model.stem}-b{batch}-{precision}",
                                         time_cached=time_cached)
        commands[engine] = ingot_command(plan, args.threads)
        return seconds

    seconds = {} if args.no_ingot else ingot("ingot", path, kind, not args.quick)
    if integer and not args.no_ingot:
        for precision in ("fp32", "bf16") if machine.has_bf16() else ("fp32",):
            ingot(f"ingot {precision}", model_file(name, args.tiny), precision, False)
    peer_precision = "default" if kind == "bf16" or (integer and machine.has_bf16()) else "f32"
    for peer in filter(None, args.peers.split(",")):
        commands[peer] = peer_command(peer, path, batch, args.threads, peer_precision)
    return commands, seconds


def measure(name: str, batch: int, kind: str, peak: float, args: argparse.Namespace) -> dict[str, object]:
    """One row: all engines on one model at one batch size."""
    row: dict[str, object] = {"model": name, "batch": batch, "precision": kind, "floor_ms": None}
    if kind == "fp32":
        path = model_file(name, args.tiny)
        row["floor_ms"] = floor.flops(path, shapes_at(onnx.load(path, load_external_data=False), batch)) / peak / 1e6
    commands, row["build_s"] = engines(name, batch, kind, args)
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(engine, command)) for engine, command in commands.items()]
        timings = interleave(workers, args.rounds, args.seconds)
    row["engines"] = {engine: {"ms": timing.median, "spread": timing.spread, "chunks": timing.chunks,
                               "disturbed": timing.disturbed} for engine, timing in timings.items()}
    print(line(row, timings), flush=True)
    return row


def line(row: dict[str, object], timings: dict[str, Timing]) -> str:
    """resnet50  b1  fp32     ingot 36.1 ms   openvino 38.3 (1.06x)   floor 35.0   5 rounds, spread 2 %"""
    (first, base), *others = timings.items()
    parts = [f"{row['model']:<16}b{row['batch']:<3}{row['precision']:<7}", f"{first} {base.median:.4g} ms"]
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
            rivals = [p for p in peers if p in PEERS]
            worst = min(min(e[p]["ms"] for p in rivals) / e["ingot"]["ms"] for e in here) if rivals else None
            means.append({"precision": precision, "batch": batch, "ratios": mean, "worst_against_better_peer": worst})
            text = "   ".join(f"{peer} {ratio:.3f}x" for peer, ratio in mean.items())
            text += f"   worst against the better peer {worst:.2f}x" if rivals else ""
            print(f"{'geometric mean':<16}b{batch:<3}{precision:<7}   {text}")
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
                for kind in INTEGER.get(name, ()) if precision == "int8" else (precision,):
                    try:
                        peak = max(peak, floor.fma_peak(args.threads))  # a quiet moment may come later
                        rows.append(measure(name, batch, kind, peak, args))
                    except Exception as error:  # one network must not cost the others their figures
                        failures += 1
                        print(f"{name:<16}b{batch:<3}{kind:<7}   FAILED: {error}", flush=True)
    means = summary(rows, batches)
    if rows and not args.no_save:
        command = f"python {shlex.join(sys.argv)}"
        save({"command": command, "date": datetime.datetime.now().isoformat(timespec="seconds"), **about,
              "threads": args.threads, "fma_peak_gflops": peak, "rows": rows, "geometric_means": means})
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
