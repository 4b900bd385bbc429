"""Builds Ingot's engines for the benchmarks with trtexec, timing the build cold and with the timing cache."""

import subprocess
import time
from pathlib import Path

from bench.cpu.workers import INGOT, ROOT, TRTEXEC

PLANS = ROOT / "build" / "bench"


class BuildError(RuntimeError):
    """trtexec failed; the text is what it said."""


def shape_flag(shapes: dict[str, list[int]]) -> str:
    """{"x": [1, 3, 8, 8]} => "x:1x3x8x8"."""
    return ",".join(f"{name}:{'x'.join(map(str, shape))}" for name, shape in shapes.items() if shape)


def build_plan(model: Path, shapes: dict[str, list[int]], flags: list[str], threads: int, tag: str,
               time_cached: bool = True) -> tuple[Path, dict[str, float]]:
    """The plan, and the seconds that its build took without and (if wanted) with a timing cache."""
    if not TRTEXEC.is_file():
        raise BuildError(f"{TRTEXEC} is not there: run `make build` first")
    PLANS.mkdir(parents=True, exist_ok=True)
    plan, cache = PLANS / f"{tag}.plan", PLANS / f"{tag}.timing"
    command = [str(TRTEXEC), f"--onnx={model}", f"--saveEngine={plan}", "--skipInference", f"--threads={threads}",
               f"--timingCacheFile={cache}", "--device=cpu", *flags]
    if shapes:
        command.append(f"--shapes={shape_flag(shapes)}")
    cache.unlink(missing_ok=True)
    seconds = {}
    for kind in ("cold", "cached") if time_cached else ("cold",):
        plan.unlink(missing_ok=True)
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        seconds[kind] = round(time.perf_counter() - start, 2)
        if done.returncode or not plan.is_file():
            said = (done.stderr or done.stdout)[-2000:]
            raise BuildError(f"{' '.join(command)}\n  exit code {done.returncode}\n{said}")
    return plan, seconds


def version() -> str:
    """What `ingot --version` says, or why it cannot."""
    if not INGOT.is_file():
        return "not built"
    done = subprocess.run([INGOT, "--version"], capture_output=True, text=True)
    said = (done.stdout or done.stderr).strip().splitlines() or ["unknown"]
    return said[0].removeprefix("ingot ")
