"""What the proofs of tests/quant share: building engines by command line, running them, saying what did not hold.

Exit codes, for ctest: 0 all held, 1 something did not, 77 skipped, as what is needed could not be fetched.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
MODELS = Path(__file__).resolve().parent / "models"
STORE = ROOT / ".models"


class Proof:
    """A folder to work in, the programs, and what was found wrong."""

    def __init__(self, build: Path, folder: Path) -> None:
        self.build_folder, self.folder = build, folder
        self.wrong: list[str] = []

    def run(self, program: str, *arguments: str, where: Path | None = None, fails: bool = False) -> str:
        """What the program says; that it ends with an error is wrong unless `fails`."""
        command = [str(self.build_folder / "bin" / program), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=where or self.folder, timeout=900)
        said = done.stdout + done.stderr
        if bool(done.returncode) != fails:
            raise ProofFailed(f"{' '.join(command)}\nended with {done.returncode}:\n{said[-3000:]}")
        return said

    def build(self, model: Path, name: str, *flags: str) -> tuple[Path, str]:
        """The plan, and what trtexec said."""
        plan = self.folder / f"{name}.plan"
        said = self.run("trtexec", f"--onnx={model}", f"--saveEngine={plan}", "--skipInference", "--device=cpu",
                        "--profilingVerbosity=detailed", f"--exportLayerInfo={plan.with_suffix('.json')}", *flags)
        return plan, said

    def evaluate(self, plans: list[Path], data: Path, metric: str, *flags: str) -> list[dict]:
        """The engines' part of `ingot eval --json`."""
        result = self.folder / "eval.json"
        print(self.run("ingot", "eval", *map(str, plans), f"--data={data}", f"--metric={metric}", f"--json={result}",
                       *flags).strip(), flush=True)
        return json.loads(result.read_text())["engines"]

    def check(self, holds: bool, what: str) -> None:
        print(("ok     " if holds else "WRONG  ") + what, flush=True)
        if not holds:
            self.wrong.append(what)


class ProofFailed(RuntimeError):
    """A program did not end as it should; the text says all."""


def integer_steps(plan: Path) -> int:
    """Convolutions and products of an engine of Proof.build that work on 8-bit operands."""
    layers = json.loads(plan.with_suffix(".json").read_text())["Layers"]
    products = [layer for layer in layers if layer["LayerType"] in ("Convolution", "Deconvolution", "MatrixMultiply")]
    return sum("Int8" in str(layer["Inputs"][:1]) for layer in products)


def fetch(names: list[str]) -> None:
    """Fetches files into .models, or ends with 77 and the reason."""
    done = subprocess.run([sys.executable, ROOT / "scripts/fetch_models.py", f"--only={','.join(names)}"],
                          capture_output=True, text=True)
    if done.returncode == 3:
        print("skipped: " + done.stderr.strip().splitlines()[0])
        sys.exit(77)
    if done.returncode:
        sys.exit(done.stderr)


def runtime(proof: Proof):
    """The Python binding, from the build folder."""
    sys.path.insert(0, str(proof.build_folder / "python"))
    import ingotrt
    return ingotrt


class Network:
    """An engine that maps {input: array} to {output: array}."""

    def __init__(self, plan: Path, proof: Proof) -> None:
        engine = runtime(proof).Engine.load(plan)
        self.context = runtime(proof).Context(engine)
        self.inputs = [tensor.name for tensor in engine.inputs]

    def __call__(self, *arrays: np.ndarray) -> dict[str, np.ndarray]:
        return self.context.run(dict(zip(self.inputs, arrays)))


def write_samples(folder: Path, arrays: list[np.ndarray]) -> Path:
    """A folder of .npy files, one a sample."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, array in enumerate(arrays):
        np.save(folder / f"{i:05}.npy", np.ascontiguousarray(array))
    return folder


def write_labelled(folder: Path, arrays: list[np.ndarray], labels: list[int]) -> Path:
    """The same with labels.csv; returns its path."""
    write_samples(folder, arrays)
    (folder / "labels.csv").write_text("".join(f"{i:05}.npy,{label}\n" for i, label in enumerate(labels)))
    return folder / "labels.csv"


def main(description: str, prove: Callable[[Proof], None]) -> None:
    parser = argparse.ArgumentParser(description=description.split("\n")[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="the build folder")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        proof = Proof(args.build.resolve(), Path(folder))
        try:
            prove(proof)
        except ProofFailed as failure:
            proof.check(False, str(failure))
    print(f"{len(proof.wrong)} wrong" if proof.wrong else "all held")
    sys.exit(1 if proof.wrong else 0)
