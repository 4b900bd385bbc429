#!/usr/bin/env python3
"""Latency beside busy processes: what spinning thread pools do on a machine that others use too.

    python bench/cpu/under_load.py [--model=mobilenetv2] [--rivals=0,1,2]

The rivals are processes that compute all the time. With none, chunks count as in run.py; beside rivals all count.
"""

import argparse
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import onnx

from bench.cpu import plans
from bench.cpu.interleave import QUIET, interleave
from bench.cpu.run import model_file
from bench.cpu.workers import PEERS, Worker, ingot_command, peer_command
from bench.models.inputs import shapes_at


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="mobilenetv2")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--rivals", default="0,1,2", help="numbers of busy processes")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.8)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--no-ingot", action="store_true")
    args = parser.parse_args()
    path = model_file(args.model, args.tiny)
    shapes = shapes_at(onnx.load(path, load_external_data=False), args.batch)
    with ExitStack() as stack:
        commands = {}
        if not args.no_ingot:
            tag = f"{path.stem}-b{args.batch}-fp32"
            plan, _ = plans.build_plan(path, shapes, ["--noTF32"], args.threads, tag, time_cached=False)
            commands["ingot"] = ingot_command(plan, args.threads)
        for peer in filter(None, args.peers.split(",")):
            commands[peer] = peer_command(peer, path, args.batch, args.threads, "f32")
        workers = [stack.enter_context(Worker(name, command)) for name, command in commands.items()]
        for count in map(int, args.rivals.split(",")):
            rivals = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
            try:
                timings = interleave(workers, args.rounds, args.seconds, quiet=QUIET if not count else 2.0)
            finally:
                for rival in rivals:
                    rival.kill()
                    rival.wait()
            (first, base), *others = timings.items()
            ratios = "   ".join(f"{name} {t.median:.4g} ({t.median / base.median:.2f}x)" for name, t in others)
            name = f"{args.model:<16}b{args.batch:<3}{count} rivals"
            print(f"{name}   {first} {base.median:.4g} ms   {ratios}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
