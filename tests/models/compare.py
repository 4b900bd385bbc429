#!/usr/bin/env python3
"""Builds and runs each model with Ingot and compares its outputs with ONNX Runtime's.

    python tests/models/compare.py [--tiny] [--only=resnet18,...] [--batches=1,8] [--write=docs/models.md]
                                    [--programs=build/bin]

--tiny takes the small variants of the generated models (seconds); without it the full ones and the trained ones
are run. A failure does not stop the run: the tool's own words are printed, and the exit code is 1 at the end. It is 77
where Python lacks a package (a test then counts as skipped).
"""

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

try:
    import numpy as np
    import onnx
    from cases import ROOT, Case, generated
    from difference import Difference, Outputs, difference
    from oracle import means_in_double, onnx_runtime
    from page import write_page
    from trained import trained
except ImportError as error:
    print(f"skipped: {error} (scripts/setup.sh test installs what the comparison needs)")
    sys.exit(77)  # told to ctest as "skipped"

TOLERANCE = 1e-4
DTYPES = {"float32": "<f4", "fp32": "<f4", "f32": "<f4", "int64": "<i8", "i64": "<i8", "int32": "<i4", "i32": "<i4",
          "bool": "?", "float16": "<f2", "fp16": "<f2", "f16": "<f2", "float64": "<f8", "f64": "<f8", "uint8": "u1",
          "u8": "u1", "int8": "i1", "i8": "i1"}


@dataclass
class Row:
    """One model at one batch size."""

    case: Case
    batch: int
    shapes: str = ""
    build_s: float = 0.0
    worst: Difference | None = None
    peer: Difference | None = None  # ONNX Runtime's own, where the model is compared with a better oracle
    error: str = ""

    @property
    def result(self) -> str:
        if self.error:
            return "SKIP" if self.error.startswith("not fetched") else "ERROR"
        return "PASS" if self.worst.relative <= TOLERANCE else "FAIL"


class ToolError(RuntimeError):
    """A tool failed; the text is its own."""


def call(command: list[str]) -> None:
    if not Path(command[0]).is_file():
        raise ToolError(f"{command[0]} is not there: run `make build` first")
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", cwd=ROOT, timeout=1800)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise ToolError(f"{Path(command[0]).name} ended with {done.returncode}: " + "\n".join(said[-12:]))


def expected(row: Row, inputs: Outputs) -> Outputs:
    """What ONNX Runtime computes, or the better oracle of this model; notes how far the two are apart."""
    outputs = onnx_runtime(row.case.path, inputs)
    if not row.case.means_in_double:
        return outputs
    better = onnx_runtime(means_in_double(row.case.path), inputs)
    row.peer = difference(outputs, better, row.case.split, row.case.rows_any_order)
    return better


def dynamic_inputs(path: Path) -> set[str]:
    """The inputs with an open axis: trtexec wants the shapes of these and takes no others."""
    graph = onnx.load(path, load_external_data=False).graph
    return {info.name for info in graph.input if any(d.dim_value <= 0 for d in info.type.tensor_type.shape.dim)}


def ingot(programs: Path, path: Path, inputs: Outputs, folder: Path, flags: list[str]) -> tuple[Outputs, float]:
    """The outputs that Ingot computes, and the seconds that the build took."""
    files = []
    for index, (name, array) in enumerate(inputs.items()):
        file = folder / f"input{index}.raw"
        file.write_bytes(np.ascontiguousarray(array).tobytes())
        files.append(f"{name}:{file}")
    plan, start = folder / "model.plan", time.perf_counter()
    build = [str(programs / "trtexec"), f"--onnx={path}", f"--saveEngine={plan}", "--skipInference", "--device=cpu", "--noTF32",
             *flags]
    shapes = [f"{name}:{'x'.join(map(str, inputs[name].shape))}" for name in inputs if name in dynamic_inputs(path)]
    call(build + ([f"--shapes={','.join(shapes)}"] if shapes else []))
    seconds = time.perf_counter() - start
    out = folder / "outputs"
    out.mkdir()
    call([str(programs / "ingot"), "run", str(plan), f"--loadInputs={','.join(files)}", f"--saveOutputs={out}"])
    return {entry["name"]: np.fromfile(out / entry["file"], DTYPES[entry["dtype"].lower()]).reshape(entry["shape"])
            for entry in json.loads((out / "outputs.json").read_text())}, seconds


def run(case: Case, batch: int, programs: Path, flags: list[str], unfetched: dict[str, str]) -> Row:
    row = Row(case, batch)
    try:
        if missing := [unfetched[name] for name in case.needs if name in unfetched]:
            raise ToolError(f"not fetched: {missing[0]}")
        inputs = case.inputs(batch)
        row.shapes = ", ".join("x".join(map(str, array.shape)) or "scalar" for array in inputs.values())
        wanted = expected(row, inputs)
        with tempfile.TemporaryDirectory() as folder:
            actual, row.build_s = ingot(programs, case.path, inputs, Path(folder), flags)
        row.worst = difference(actual, wanted, case.split, case.rows_any_order)
    except Exception as error:  # one model must not hide the others
        row.error = str(error) if isinstance(error, ToolError) else f"{type(error).__name__}: {error}"
        row.error = row.error.replace(f"{ROOT}/", "")
    return row


def fetch(cases: list[Case]) -> dict[str, str]:
    """Fetches what the cases need; returns the reason for each name that could not be had."""
    names = list(dict.fromkeys(name for case in cases for name in case.needs))
    if not names or not _fetch(names):
        return {}
    return {name: reason for name in names if (reason := _fetch([name]))}


def _fetch(names: list[str]) -> str:
    """Empty, or why the files could not be fetched."""
    done = subprocess.run([sys.executable, ROOT / "scripts/fetch_models.py", f"--only={','.join(names)}"],
                          capture_output=True, text=True)
    return (done.stderr.strip() or "failed").splitlines()[0] if done.returncode else ""


def line(row: Row) -> str:
    text = f"{row.result:<6}{row.case.name:<22}b{row.batch:<4}"
    if row.error:
        return text + row.error.replace("\n", "\n" + " " * 10)
    text += (f"build {row.build_s:6.1f} s   max diff {row.worst.absolute:.2e}   "
             f"relative {row.worst.relative:.2e}   {row.worst.output}")
    return text + (f" (means in double; ONNX Runtime: {row.peer.relative:.2e})" if row.peer else "")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", help="comma-separated names of models")
    parser.add_argument("--batches", help="instead of each model's own (1 and 8 where it can)")
    parser.add_argument("--tiny", action="store_true", help="the small variants of the generated models")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="also write the table to this page")
    parser.add_argument("--flags", default="", help="more flags for trtexec, in one argument")
    parser.add_argument("--programs", type=Path, default=ROOT / "build/bin", help="where trtexec and ingot are")
    args = parser.parse_args()
    cases = generated(True) if args.tiny else generated(False) + trained()
    if args.only:
        wanted = args.only.split(",")
        known = {case.name.removesuffix("-tiny") if args.tiny else case.name: case for case in cases}
        if unknown := [name for name in wanted if name not in known]:
            parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
        cases = [known[name] for name in wanted]
    unfetched, rows = fetch(cases), []
    for case in cases:
        batches = tuple(map(int, args.batches.split(","))) if args.batches and len(case.batches) > 1 else case.batches
        for batch in batches:
            rows.append(run(case, batch, args.programs, shlex.split(args.flags), unfetched))
            print(line(rows[-1]), flush=True)
    counts = {result: sum(row.result == result for row in rows) for result in ("PASS", "FAIL", "ERROR", "SKIP")}
    print("   ".join(f"{count} {result}" for result, count in counts.items()))
    if args.write:
        write_page(args.write, rows, TOLERANCE, f"python {shlex.join(sys.argv)}")
    return 1 if counts["FAIL"] + counts["ERROR"] else 0


if __name__ == "__main__":
    sys.exit(main())
