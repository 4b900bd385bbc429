"""Ingot's side of the GPU benchmarks: builds, runs and times engines with trtexec, as users do."""

import datetime
import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
TRTEXEC, INGOT = ROOT / "build/bin/trtexec", ROOT / "build/bin/ingot"


class EngineError(RuntimeError):
    """A program of Ingot's failed; the text is the end of what it said."""


def torch_with_gpu() -> ModuleType | None:
    """PyTorch, which makes the networks; None, with the reason printed, where it or a GPU for it is missing."""
    try:
        import torch
    except ImportError:
        print("skipped: PyTorch, which makes the networks, is not installed for this Python")
        return None
    if not torch.cuda.is_available():
        print("skipped: there is no GPU here that PyTorch can use")
        return None
    return torch


def save(result: dict, folder: Path, name: str) -> None:
    """Writes the result, with today's date and the command, to a JSON file of that name."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.date.today()}-{name}.json"
    path.write_text(json.dumps({"command": f"python {shlex.join(sys.argv)}",
                                "date": datetime.datetime.now().isoformat(timespec="seconds"), **result},
                               indent=1) + "\n")
    print(f"written to {path}")


def shape_flag(name: str, shape: tuple[int, ...]) -> str:
    return f"--shapes={name}:{'x'.join(map(str, shape))}"


def build_command(model: Path, plan: Path, shape: str, cache: Path, flags: list[str]) -> list[str]:
    return [str(TRTEXEC), f"--onnx={model}", "--fp16", shape, f"--saveEngine={plan}", f"--timingCacheFile={cache}",
            "--skipInference", *flags]


def time_command(plan: Path, shape: str, seconds: float, flags: list[str]) -> list[str]:
    return [str(TRTEXEC), f"--loadEngine={plan}", shape, "--useCudaGraph", "--warmUp=700", f"--duration={seconds}",
            *flags]


def run_command(plan: Path, shape: str, name: str, data: Path, folder: Path, flags: list[str]) -> list[str]:
    return [str(INGOT), "run", str(plan), shape, f"--loadInputs={name}:{data}", f"--saveOutputs={folder}", *flags]


def call(command: list[str], timeout: float = 420) -> str:
    try:
        # So that Ingot finds the libraries that PyTorch uses, of this Python's packages.
        environment = dict(os.environ, VIRTUAL_ENV=sys.prefix)
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=timeout, env=environment)
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"{' '.join(command)}\n  took longer than {timeout:.0f} s") from error
    if done.returncode:
        raise EngineError(f"{' '.join(command)}\n  exit code {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout + done.stderr


def build(command: list[str]) -> dict[str, float]:
    """Seconds, by the clock and as trtexec says."""
    start = time.perf_counter()
    said = call(command)
    return {"wall_s": round(time.perf_counter() - start, 2), "build_s": figure(said, r"Engine built in ([\d.e+-]+) sec")}


def timing(command: list[str]) -> dict[str, float]:
    """Median GPU Compute Time in ms, and what the context takes in device memory."""
    said = call(command)
    return {"ms": figure(said, r"(?<!Total )GPU Compute Time: .*?median = ([\d.e+-]+) ms"),
            "memory_mib": figure(said, r"device memory size: ([\d.e+-]+) MiB")}


def figure(said: str, pattern: str) -> float:
    found = re.search(pattern, said)
    if not found:
        raise EngineError(f"trtexec did not print {pattern!r}:\n{said[-2000:]}")
    return float(found.group(1))


def outputs(folder: Path) -> list[dict]:
    """What `ingot run --saveOutputs` wrote: name, dtype, shape, file."""
    return json.loads((folder / "outputs.json").read_text())
