"""Every operator and every pass has a test: tests/ops or a unit test names the op, tests/passes has the pass's case."""

import pathlib
import re

from files import ROOT, finish, project_files, text_of

DEFINITION = re.compile(r"^(?:extern )?const OpDef k\w+ = .*?\.name = \"(\w+)\"", re.S | re.M)
ERROR_ID = re.compile(r"""\b(?:Problem|problem|make_error|fail|Error|add|throw_error)\s*[({]+\s*"([a-z_]+\.[a-z_]+)\"""")


def operators():
    """(file, operator's name) of every definition in ops/."""
    for name in project_files(".cpp"):
        if name.startswith("ops/") and not name.endswith("_test.cpp"):
            for op in DEFINITION.findall(text_of(name)):
                yield name, op


def passes():
    """Files of compiler/passes that define a function of the file's name on a PassContext."""
    for name in project_files(".cpp"):
        stem = pathlib.Path(name).stem
        if name.startswith("compiler/passes/") and re.search(rf"^Graph {stem}\(", text_of(name), re.M):
            yield name, stem


def main():
    problems = []
    tests = " ".join(text_of(n) or "" for n in project_files("_test.cpp", ".case", "_test.py")
                     if n.startswith(("ops/", "tests/ops/")))
    words = set(re.findall(r"\w+", tests))
    ops, all_passes = list(operators()), list(passes())
    for name, op in ops:
        if op not in words:
            problems.append(f"{name}:1: nothing tests {op}; add tests/ops/{pathlib.Path(name).stem}.case")
    for name, stem in all_passes:
        if not (ROOT / f"tests/passes/{stem}.case").is_file():
            problems.append(f"{name}:1: nothing tests this pass; add tests/passes/{stem}.case")
    ids = {i for n in project_files(".cpp", ".h") for i in ERROR_ID.findall(text_of(n) or "")}
    finish(f"tests of {len(ops)} operators and {len(all_passes)} passes ({len(ids)} error ids seen)", problems)


main()
