"""Runs the test cases that ONNX ships for its operators through Ingot's importer and reference evaluations.

    .venv/bin/python tests/ops/check_against_onnx.py [--fast] [--symbolic | --engine] [--verbose] [NAME ...]

With --engine the cases go the whole road instead: passes, tactics, a plan, and the runtime.

Compares the results, and the dims that the shape rules give with those of the results; with --symbolic the inputs have
no known dims. Prints the operators that fail or are not supported, with the reasons, and a summary. With NAMEs only the
cases whose name contains one of them run; --fast takes every seventh case. Ends with 1 if a case gives wrong results
or ends the program, or if too few pass; a case that is refused with an error is only reported.
"""
import argparse
import collections
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

SKIPPED = 77  # told to ctest as "skipped"

try:
    import ml_dtypes
    import numpy as np
    import onnx
except ImportError:
    sys.exit(SKIPPED)

NAMES = {
    "float32": "f32", "float16": "f16", "bfloat16": "bf16", "float64": "f64", "float8_e4m3fn": "f8e4m3",
    "float8_e5m2": "f8e5m2", "int8": "i8", "uint8": "u8", "int16": "i16", "uint16": "u16", "int32": "i32",
    "uint32": "u32", "int64": "i64", "uint64": "u64", "bool": "bool", "int4": "i4", "uint4": "u4",
}
TYPES = {short: np.dtype(getattr(ml_dtypes, name, name)) for name, short in NAMES.items()}
LEAST_PASSING = 0.8  # of the cases that are tried; the others are refused with an error


def is_tensor(value):
    return isinstance(value, (np.ndarray, np.generic)) and np.asarray(value).dtype.name in NAMES


def tensor_bytes(array):
    array = np.asarray(array)
    name = NAMES[array.dtype.name]
    header = f"{name} {','.join(map(str, np.shape(array)))}\n".encode()
    if name not in ("i4", "u4"):
        return header + array.tobytes()
    nibbles = array.reshape(-1).astype(np.uint8) & 15  # two elements a byte, the low nibble first
    nibbles = np.append(nibbles, np.zeros(nibbles.size % 2, np.uint8))
    return header + (nibbles[0::2] | nibbles[1::2] << 4).tobytes()


def read_tensors(path):
    data = path.read_bytes()
    tensors, at = [], 0
    while at < len(data):
        end = data.index(b"\n", at)
        name, _, dims = data[at:end].decode().partition(" ")
        shape = [int(dim) for dim in dims.split(",") if dim]
        count = int(np.prod(shape, dtype=np.int64))
        at = end + 1
        if name in ("i4", "u4"):
            packed = np.frombuffer(data, np.uint8, (count + 1) // 2, at)
            at += packed.size
            nibbles = np.stack([packed & 15, packed >> 4], -1).reshape(-1)[:count].astype(np.int8)
            values = np.where(nibbles > 7, nibbles - 16, nibbles) if name == "i4" else nibbles
            tensors.append(values.astype(TYPES[name]).reshape(shape))
        else:
            tensors.append(np.frombuffer(data, TYPES[name], count, at).reshape(shape))
            at += count * TYPES[name].itemsize
    return tensors


def difference(actual, expected, case):
    """What is wrong with an output, or nothing."""
    expected = np.asarray(expected)
    if actual.dtype != expected.dtype:
        return f"type {actual.dtype}, not {expected.dtype}"
    if actual.shape != expected.shape:
        return f"shape {actual.shape}, not {expected.shape}"
    a, b = actual.astype(np.float64), expected.astype(np.float64)
    rough = expected.dtype.itemsize == 2 and expected.dtype.kind not in "iu"
    rtol, atol = (2e-2, 2e-2) if rough else (case.rtol, max(case.atol, 1e-6))
    if expected.dtype.kind in "iub":
        rtol, atol = 0, 0
    if np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=True):
        return None
    with np.errstate(all="ignore"):
        wrong = ~np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=True)
    index = np.unravel_index(np.argmax(wrong), wrong.shape)
    place = f"first at {list(map(int, index))}: {a[index]:.6g}, not {b[index]:.6g}"
    return f"{wrong.sum()} of {wrong.size} elements differ, {place}"


def why_skipped(case):
    if case.model is None:
        return "model to be downloaded"
    for opset in case.model.opset_import:
        if opset.domain not in ("", "ai.onnx", "com.microsoft"):
            return f"domain {opset.domain}"
    for inputs, outputs in case.data_sets:
        if not all(is_tensor(value) for value in [*inputs, *outputs]):
            return "sequences, optionals, strings or exotic types"
    return None


class Program:
    """The program that runs cases, started again when one has ended it."""

    def __init__(self, command):
        self.command, self.process = command, None

    def run(self, folder):
        if self.process is None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(f"{folder}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer:
            code = self.process.wait()
            self.process = None
            return f"crash with code {code}"
        return answer


def with_symbols(model, inputs=None):
    """The model with a symbol for every dim of its first inputs, and without the shapes that it declares elsewhere."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    for i, value in enumerate(model.graph.input[:inputs]):
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            dim.dim_param = f"size{i}_{axis}"
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")
    del model.graph.value_info[:]
    return model


def with_constants(model, inputs):
    """The model with its integer inputs as initializers; and the inputs that are left."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    left = []
    for value, array in zip(list(model.graph.input), inputs):
        if np.asarray(array).dtype == np.int64:
            model.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(array), value.name))
            model.graph.input.remove(value)
        else:
            left.append(array)
    return model, left


def ask(program, model, inputs, folder):
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    (folder / "inputs").write_bytes(b"".join(map(tensor_bytes, inputs)))
    return program.run(folder)


def run_case(program, case, folder, symbolic):
    """("pass" | "refused" | "wrong" | "crash", reason)"""
    for inputs, outputs in case.data_sets:
        model = with_symbols(case.model) if symbolic else case.model
        answer = ask(program, model, inputs, folder)
        if symbolic and answer.startswith("error op."):  # weights and shapes have sizes that are known
            model = with_symbols(case.model, 1)
            answer = ask(program, model, inputs, folder)
        if answer.startswith("error op.unknown_axes"):  # axes must be known before run time
            answer = ask(program, *with_constants(model, inputs), folder)
        if answer.startswith("crash"):
            return "crash", answer
        if answer.startswith("error case."):
            return "wrong", answer
        if answer != "ok":
            return "refused", answer.removeprefix("error ")
        results = read_tensors(folder / "outputs")
        if len(results) != len(outputs):
            return "wrong", f"{len(results)} outputs, not {len(outputs)}"
        for i, (actual, expected) in enumerate(zip(results, outputs)):
            what = difference(actual, expected, case)
            if what:
                return "wrong", f"output {i}: {what}"
    return "pass", ""


def operator_of(case):
    nodes = case.model.graph.node
    return nodes[0].op_type if len(nodes) == 1 else "several nodes"


def load_cases():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        from onnx.backend.test.loader import load_model_tests

        return load_model_tests(kind="node")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/bin/run_onnx_case")
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--verbose", action="store_true", help="print every case that does not pass")
    parser.add_argument("--symbolic", action="store_true", help="make every dim of the inputs a symbol")
    parser.add_argument("--engine", action="store_true", help="build and run an engine for each case")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if not os.path.exists(options.program):
        sys.exit(f"{options.program} is not there: run `make build` first")

    cases = load_cases()
    if options.names:
        cases = [case for case in cases if any(name in case.name for name in options.names)]
    elif options.fast:
        cases = cases[::7]
    counts = collections.Counter()
    by_operator = collections.defaultdict(lambda: collections.defaultdict(list))
    program = Program([options.program] + ["--engine"] * options.engine)
    with tempfile.TemporaryDirectory() as directory:
        for case in cases:
            reason = why_skipped(case)
            outcome = "skipped"
            if reason is None:
                outcome, reason = run_case(program, case, pathlib.Path(directory), options.symbolic)
            counts[outcome] += 1
            by_operator[operator_of(case) if case.model else "?"][outcome].append((case.name, reason))

    for operator, outcomes in sorted(by_operator.items()):
        bad = {name: found for name, found in outcomes.items() if name not in ("pass", "skipped")}
        if not bad:
            continue
        print(f"{operator}: " + ", ".join(f"{len(found)} {name}" for name, found in sorted(outcomes.items())))
        reasons = collections.Counter()
        for name, found in bad.items():
            for case_name, reason in found:
                each = options.verbose or name != "refused"
                reasons[f"{name}: {case_name}: {reason}" if each else f"{name}: {reason}"] += 1
        for reason, count in reasons.most_common(None if options.verbose else 6):
            print(f"    {count} x {reason}")
    print(", ".join(f"{counts[name]} {name}" for name in ("pass", "wrong", "crash", "refused", "skipped")))
    tried = counts["pass"] + counts["refused"]
    too_few = not options.names and counts["pass"] < LEAST_PASSING * tried
    if counts["wrong"] or counts["crash"] or too_few:
        sys.exit(1)


if __name__ == "__main__":
    main()
