"""One protocol for every engine that is measured, the parent's side of it, and the peers' workers.

A worker is a process that loads its engine, warms up, prints `ready` (peers add JSON: {"load_ms": ...}), and then
answers each line of stdin, a number of seconds, with one line: {"ms": [latency of each inference in that time]}.
It makes at least one inference a line and sleeps in between, so that only one engine works at a time.

As a program this file is the worker of a peer:
    python bench/cpu/workers.py onnxruntime|openvino MODEL.onnx --batch=1 --threads=2 [--precision=default]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INGOT, TRTEXEC = ROOT / "build/bin/ingot", ROOT / "build/bin/trtexec"
PEERS = ("openvino", "onnxruntime")
_TICK = os.sysconf("SC_CLK_TCK")


def ingot_command(plan: Path, threads: int) -> list[str]:
    return [str(INGOT), "bench", str(plan), "--chunks", f"--threads={threads}"]


def peer_command(peer: str, model: Path, batch: int, threads: int, precision: str) -> list[str]:
    return [sys.executable, str(Path(__file__)), peer, str(model), f"--batch={batch}", f"--threads={threads}",
            f"--precision={precision}"]


class Worker:
    """A live worker process; ends with its `with` block."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self.peak_mib = 0.0  # resident memory at its highest, known once it is closed
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log,
                                         text=True, bufsize=1, cwd=ROOT)
        self.facts: dict[str, float] = {}
        while not (line := self._read()).startswith("ready"):
            pass
        if facts := line.removeprefix("ready").strip():
            self.facts = json.loads(facts)

    def measure(self, seconds: float) -> tuple[list[float], float]:
        """Latencies in ms, and the share of the busy CPU time that other processes (or other guests) took meanwhile."""
        busy, own = _busy_ticks(), self._own_ticks()
        self._process.stdin.write(f"{seconds}\n")
        while not (line := self._read()).startswith("{"):
            pass
        times = json.loads(line)["ms"]
        busy, own = _busy_ticks() - busy, self._own_ticks() - own
        return times, max(0.0, 1 - own / busy) if busy else 0.0

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.peak_mib = self._peak_kib() / 1024
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._log.close()

    def _read(self) -> str:
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._log.seek(0)
            raise RuntimeError(f"{self.name} stopped: {self._log.read().strip()[-2000:]}")
        return line

    def _peak_kib(self) -> int:
        # VmHWM begins anew with the program; wait4's ru_maxrss would include the peak of the process that forked it.
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])

    def _own_ticks(self) -> int:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])


def _busy_ticks() -> int:
    """All CPU time that was not idle, on all cores; time stolen by other guests of the host counts."""
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return user + nice + system + irq + softirq + steal


# -- the peers ---------------------------------------------------------------------------------------------------------


def _onnxruntime(model: Path, inputs: dict, batch: int, threads: int, precision: str) -> Callable[[], object]:
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_free_dimension_override_by_name("batch", batch)
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, inputs)


def _openvino(model: Path, inputs: dict, batch: int, threads: int, precision: str) -> Callable[[], object]:
    import openvino
    core = openvino.Core()
    network = core.read_model(str(model))
    network.reshape({name: list(array.shape) for name, array in inputs.items()})
    config = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads}
    if precision != "default":
        config["INFERENCE_PRECISION_HINT"] = precision
    request = core.compile_model(network, "CPU", config).create_infer_request()
    for name, array in inputs.items():
        request.set_tensor(name, openvino.Tensor(array, shared_memory=False))
    return request.infer


def main() -> None:
    parser = argparse.ArgumentParser(description="The worker of a peer.")
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("model", type=Path)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", default="f32")
    args = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    import onnx

    from bench.models.inputs import random_inputs, shapes_at
    model = onnx.load(args.model, load_external_data=False)
    inputs = random_inputs(model, shapes_at(model, args.batch))
    del model
    __import__(args.peer)  # not a part of loading the engine
    load = {"onnxruntime": _onnxruntime, "openvino": _openvino}[args.peer]
    start = time.perf_counter()
    infer = load(args.model, inputs, args.batch, args.threads, args.precision)
    facts = {"load_ms": (time.perf_counter() - start) * 1e3}
    for _ in range(3):
        infer()
    print("ready", json.dumps(facts), flush=True)
    for line in sys.stdin:
        times, end = [], time.perf_counter() + float(line)
        while True:
            start = time.perf_counter()
            infer()
            now = time.perf_counter()
            times.append(round((now - start) * 1e3, 4))
            if now >= end:
                break
        print(json.dumps({"ms": times}), flush=True)


if __name__ == "__main__":
    main()
