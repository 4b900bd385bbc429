#!/usr/bin/env python3
"""How long an engine takes to load, the memory that inference needs, and the size of what is installed.

    python bench/cpu/load.py [--models=resnet50,...] [--batch=1] [--peers=...]

Ingot's load time is what trtexec reports as "Engine deserialized in", the median of five runs with a warm page
cache; a peer's is the time of making its session (ONNX Runtime) or of reading and compiling (OpenVINO), libraries
already imported. Peak resident memory is that of a process that has run the model for one second; the peers'
includes about 55 MiB of Python.
"""

import argparse
import re
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import onnx

from bench.cpu import plans
from bench.cpu.run import DEFAULT, model_file
from bench.cpu.workers import PEERS, TRTEXEC, Worker, ingot_command, peer_command
from bench.models.inputs import shapes_at


def ingot_load_ms(plan: Path, threads: int) -> tuple[float, float]:
    """Load time in ms, and the device memory that trtexec reports, in MiB."""
    command = [str(TRTEXEC), f"--loadEngine={plan}", "--device=cpu", f"--threads={threads}", "--warmUp=0",
               "--duration=0", "--iterations=1"]
    times, arena = [], 0.0
    for _ in range(6):
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if found := re.search(r"Engine deserialized in ([\d.]+) sec", text):
            times.append(float(found.group(1)) * 1e3)
        if found := re.search(r"device memory size: ([\d.]+) MiB", text):
            arena = float(found.group(1))
    return statistics.median(times[1:]), arena


def peak_mib(name: str, command: list[str]) -> tuple[float, dict[str, float]]:
    with Worker(name, command) as worker:
        worker.measure(1.0)
    return worker.peak_mib, worker.facts


def sizes() -> list[tuple[str, float]]:
    """Our binaries and the peers' packages, in MiB."""
    found = [(str(path.relative_to(ROOT)), path.stat().st_size) for folder in ("bin", "lib")
             for path in sorted((ROOT / "build" / folder).glob("*")) if path.is_file() and not path.is_symlink()]
    for library in (ROOT / ".deps" / "onednn" / "lib").glob("libdnnl.so.*.*"):
        if not library.is_symlink():
            found.append((str(library.relative_to(ROOT)), library.stat().st_size))
    for peer in PEERS:
        package = Path(__import__(peer).__file__).parent
        found.append((f"{peer} (package)", sum(f.stat().st_size for f in package.rglob("*") if f.is_file())))
    return [(name, size / 2**20) for name, size in found]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", default=DEFAULT)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--no-ingot", action="store_true")
    args = parser.parse_args()
    failures = 0
    for name in args.models.split(","):
        path = model_file(name, args.tiny)
        shapes = shapes_at(onnx.load(path, load_external_data=False), args.batch)
        parts = [f"{name:<16}b{args.batch:<3}"]
        try:
            if not args.no_ingot:
                plan, _ = plans.build_plan(path, shapes, ["--noTF32"], args.threads, f"{path.stem}-b{args.batch}-fp32",
                                           time_cached=False)
                load, arena = ingot_load_ms(plan, args.threads)
                resident, _ = peak_mib("ingot", ingot_command(plan, args.threads))
                needed = plan.stat().st_size / 2**20 + arena
                parts.append(f"ingot load {load:.0f} ms, peak {resident:.0f} MiB "
                             f"(plan + arena {needed:.0f}, {resident / needed:.2f}x)")
            for peer in filter(None, args.peers.split(",")):
                resident, facts = peak_mib(peer, peer_command(peer, path, args.batch, args.threads, "f32"))
                parts.append(f"{peer} load {facts['load_ms']:.0f} ms, peak {resident:.0f} MiB")
        except Exception as error:
            failures += 1
            parts.append(f"FAILED: {error}")
        print("   ".join(parts), flush=True)
    for name, size in sizes():
        print(f"{name:<40}{size:8.1f} MiB")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
