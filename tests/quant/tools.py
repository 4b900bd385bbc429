"""What the proofs of tests/quant share: building engines by command line, running them, saying what did not hold.

They run on the CPU, or with --device=0 on a GPU. Without the Python binding (a bundle on another machine) engines are
run by `ingot run`.

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

    def __init__(self, build: Path, folder: Path, device: str = "cpu") -> None:
        self.build_folder, self.folder, self.device = build, folder, device
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
        """The plan, and what trtexec said; on the device of the proof."""
        plan = self.folder / f"{name}.plan"
        said = self.run("trtexec", f"--onnx={model}", f"--saveEngine={plan}", "--skipInference",
                        f"--device={self.device}", "--profilingVerbosity=detailed", f"--exportLayerInfo={plan.with_suffix('.json')}", *flags)
        return plan, said

    def evaluate(self, plans: list[Path], data: Path, metric: str, *flags: str) -> list[dict]:
        """The engines' part of `ingot eval --json`."""
        result = self.folder / "eval.json"
        device = [] if self.device == "cpu" else [f"--device={self.device}"]
        print(self.run("ingot", "eval", *map(str, plans), f"--data={data}", f"--metric={metric}", f"--json={result}",
                       *device, *flags).strip(), flush=True)
        return json.loads(result.read_text())["engines"]

    def check(self, holds: bool, what: str) -> None:
        print(("ok     " if holds else "WRONG  ") + what, flush=True)
        if not holds:
            self.wrong.append(what)


class ProofFailed(RuntimeError):
    """A program did not end as it should; the text says all."""


def steps_in(plan: Path, *formats: str) -> int:
    """Convolutions and products of an engine of Proof.build whose first operand is in one of these formats."""
    layers = json.loads(plan.with_suffix(".json").read_text())["Layers"]
    products = [layer for layer in layers if layer["LayerType"] in ("Convolution", "Deconvolution", "MatrixMultiply")]
    return sum(any(name in str(layer["Inputs"][:1]) for name in formats) for layer in products)


def integer_steps(plan: Path) -> int:
    """Those that work on 8-bit operands."""
    return steps_in(plan, "Int8")


def small_floats(proof: Proof, name: str, model: Path, samples: Path, *flags: str) -> dict[str, Path]:
    """On a GPU: engines in FP16 and, where it has it, in FP8, by kind."""
    if proof.device == "cpu":
        return {}
    plans = {}
    for kind, own in (("fp16", ["--fp16"]), ("fp8", ["--fp8", "--fp16", "--forceInt8", f"--calib={samples}"])):
        plan, said = proof.build(model, f"{name}-{kind}", *own, *flags)
        if "precision.not_available" in said:
            print(f"{name}: this GPU has no {kind}", flush=True)
            continue
        if kind == "fp8":
            proof.check(steps_in(plan, "FP8") > 0, f"{name}: {steps_in(plan, 'FP8')} convolutions and products in FP8")
        plans[kind] = plan
    return plans


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
    """The Python binding, from the build folder; None where it was not built for this Python."""
    if str(proof.build_folder / "python") not in sys.path:
        sys.path.insert(0, str(proof.build_folder / "python"))
    try:
        import ingotrt
    except ImportError:
        return None
    return ingotrt


class Network:
    """An engine that maps {input: array} to {output: array}."""

    def __init__(self, plan: Path, proof: Proof) -> None:
        self.plan, self.proof, self.binding = plan, proof, runtime(proof)
        if self.binding:
            engine = self.binding.Engine.load(plan)
            self.context = self.binding.Context(engine)
            self.inputs = [tensor.name for tensor in engine.inputs]
        else:
            said = proof.run("ingot", "inspect", str(plan)).split("\ninputs:\n")[1].split("\noutputs:")[0]
            self.inputs = [line.split(None, 2)[2] for line in said.splitlines()]

    def __call__(self, *arrays: np.ndarray) -> dict[str, np.ndarray]:
        if self.binding:
            return self.context.run(dict(zip(self.inputs, arrays)))
        return self._by_command(dict(zip(self.inputs, arrays)))

    def run(self, array: np.ndarray) -> np.ndarray:
        """The first output for the only input."""
        return next(iter(self(array).values()))

    def _by_command(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            files = [folder / f"{i}.raw" for i in range(len(inputs))]
            for file, array in zip(files, inputs.values()):
                array.tofile(file)
            shapes = ",".join(f"{key}:{'x'.join(map(str, array.shape))}" for key, array in inputs.items())
            loads = ",".join(f"{key}:{file}" for key, file in zip(inputs, files))
            device = [] if self.proof.device == "cpu" else [f"--device={self.proof.device}"]
            self.proof.run("ingot", "run", str(self.plan), f"--shapes={shapes}", f"--loadInputs={loads}",
                           f"--saveOutputs={folder / 'out'}", *device)
            return read_outputs(folder / "out")


def read_outputs(folder: Path) -> dict[str, np.ndarray]:
    """What `ingot run --saveOutputs` wrote."""
    types = {"f32": np.float32, "f16": np.float16, "i64": np.int64, "i32": np.int32, "u8": np.uint8, "i8": np.int8}
    outputs = json.loads((folder / "outputs.json").read_text())
    return {o["name"]: np.fromfile(folder / o["file"], types[o["dtype"]]).reshape(o["shape"]) for o in outputs}


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
    parser.add_argument("--device", default="cpu", help="cpu (default), or the number of a GPU")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        proof = Proof(args.build.resolve(), Path(folder), args.device)
        try:
            prove(proof)
        except ProofFailed as failure:
            proof.check(False, str(failure))
    print(f"{len(proof.wrong)} wrong" if proof.wrong else "all held")
    sys.exit(1 if proof.wrong else 0)
