"""16-bit floats as a GPU takes them: the small generated models after the passes, against the same models in FP32.

    .venv/bin/python tests/models/small_floats.py --program build/bin/small_floats [--type=f16] [NAME ...]

Both graphs are evaluated by the reference evaluations of their operators. Ends with 1 if the mean difference of an
output is above MOST of its range, or if Casts are left inside a model that needs none there.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77  # told to ctest as "skipped"

try:
    import numpy as np
    import onnx
except ImportError:
    sys.exit(SKIPPED)

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.models.catalog import MODELS
from bench.models.inputs import random_inputs, shapes_at

MOST = {"f16": 1e-3, "bf16": 1e-2}
TYPES = {"float32": "f32", "int64": "i64"}
# Which queries are chosen depends on close scores: other rows come out.
NOT_COMPARED = {"rtdetr"}
INNER_CASTS = {"deeplabv3": 1, "rtdetr": 3}


def write_inputs(path: Path, arrays: list[np.ndarray]) -> None:
    with path.open("wb") as file:
        for array in arrays:
            file.write(f"{TYPES[array.dtype.name]} {','.join(map(str, array.shape))}\n".encode() + array.tobytes())


def check(name: str, program: str, dtype: str, folder: Path, dump: Path | None) -> list[str]:
    """What is wrong with this model; the program's words are printed."""
    model = MODELS[name](True, "batch")
    onnx.save(model, folder / "model.onnx")
    write_inputs(folder / "inputs", list(random_inputs(model, shapes_at(model, 1)).values()))
    command = [program, str(folder / "model.onnx"), str(folder / "inputs"), dtype]
    done = subprocess.run(command + ([str(dump / f"{name}.txt")] if dump else []), capture_output=True, text=True)
    print(f"{name}\n  " + "\n  ".join((done.stdout + done.stderr).strip().splitlines()), flush=True)
    if done.returncode:
        return [f"{name}: {done.stderr.strip()}"]
    wrong = []
    for line in done.stdout.splitlines():
        words = line.split()
        if words[0] == "output" and name not in NOT_COMPARED and not float(words[2]) < MOST[dtype]:
            wrong.append(f"{name}: {line}, more than {MOST[dtype]}")
        if words[0] == "inner" and int(words[1]) > INNER_CASTS.get(name, 0):
            wrong.append(f"{name}: {words[1]} Casts inside")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--type", choices=list(MOST), default="f16")
    parser.add_argument("--dump", type=Path, help="folder for the graphs as text")
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    args = parser.parse_args()
    if args.dump:
        args.dump.mkdir(parents=True, exist_ok=True)
    wrong = []
    for name in args.names or MODELS:
        with tempfile.TemporaryDirectory() as folder:
            wrong += check(name, args.program, args.type, Path(folder), args.dump)
    print("\n".join(wrong) or "good")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
