"""Renders docs/models.md from the rows that compare.py measured."""

import datetime
from pathlib import Path

import onnxruntime

from bench.cpu import machine

_HEAD = """# Models

Each model below is built with `trtexec`, run with `ingot run`, and its outputs are compared with those of
ONNX Runtime {ort} on the same inputs, in FP32. The difference is the largest of any output value, relative to the
range (maximum minus minimum) of that output; up to {tolerance:.0e} passes. This page is written by

    {command}

on {cpu} ({isa}), Ingot {ingot}, {date}: {passed} of {total} pass{skipped}.
"""

_GENERATED = """
## Generated models

Real topologies as exporters write them, with fixed random weights, scaled so that activations stay of order 1
(`python -m bench.models`). The batch dimension is symbolic. Inputs are random.
"""

_TRAINED = """
## Trained models

Taken out of published Python packages by `scripts/fetch_models.py`; each stays under the licence of its package.
Inputs are real where the model has a meaning for them: a printed page and its lines, faces, digits, files.
"""


_MEANS = """
Where ONNX Runtime's own distance is given, both are compared with ONNX Runtime on the model with its means
(`GlobalAveragePool`, `ReduceMean`) rewritten to double (`tests/models/oracle.py`): it sums the hundred thousand values
of a large image one after another in float, and that model amplifies what is lost.
"""


def _table(rows: list) -> str:
    lines = ["| model | | batch | inputs | difference | relative | |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        note = row.case.note if row.case.source == "generated" else f"{row.case.note} ({row.case.source})"
        worst = f"{row.worst.absolute:.1e} | {row.worst.relative:.1e}" if row.worst else " | "
        worst += f" (ONNX Runtime: {row.peer.relative:.1e})" if row.peer else ""
        lines.append(f"| {row.case.name} | {note} | {row.batch} | {row.shapes} | {worst} | {row.result} |")
    return "\n".join(lines) + "\n"


def write_page(path: Path, rows: list, tolerance: float, command: str) -> None:
    results = [row.result for row in rows]
    about = machine.describe()
    skipped = f", {results.count('SKIP')} could not be fetched" if "SKIP" in results else ""
    text = _HEAD.format(ort=onnxruntime.__version__, tolerance=tolerance, command=command, cpu=about["cpu"],
                        isa=about["isa"], ingot=about["versions"]["ingot"], date=datetime.date.today(),
                        passed=results.count("PASS"), total=len(results) - results.count("SKIP"), skipped=skipped)
    made = [row for row in rows if row.case.source == "generated"]
    real = [row for row in rows if row.case.source != "generated"]
    text += _GENERATED + "\n" + _table(made) if made else ""
    text += _TRAINED + "\n" + _table(real) if real else ""
    text += _MEANS if any(row.peer for row in rows) else ""
    if errors := [row for row in rows if row.error]:
        text += "\n## Errors\n"
        for row in errors:
            said = "\n".join("    " + line for line in row.error.splitlines())
            text += f"\n{row.case.name}, batch {row.batch}:\n\n{said}\n"
    path.write_text(text)
