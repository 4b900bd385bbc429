"""Compiles kernels that the GPU tests use for every architecture, by NVRTC, and reads what they cost.

A kernel whose registers spill into local memory is a problem, unless SPILLS says why. A few bytes are only told, and so
are spills of a kernel with few registers: there the assembler chose more threads over loop-invariant values. Skips where
there is no NVRTC.
The reports are kept in build/kernel_reports: the next run compiles what has changed. --registers shows registers.
"""

import os
import re
import subprocess
import sys

from files import ROOT, finish

# (kernel's file, entry, architecture) -> why its threads may spill
ROWS_OF_A_BLOCK = "1024 threads hold a row in 64 registers each, which this assembler alone finds too few"
SPILLS = {
    ("kernels/ops/group_norm.cuh", "group_norm_small_one", "sm_120a"): ROWS_OF_A_BLOCK,
    ("kernels/ops/layer_norm.cuh", "layer_norm_block", "sm_120a"): ROWS_OF_A_BLOCK,
}
FEW_BYTES, FEW_REGISTERS = 32, 64

PROGRAM = ROOT / "build/bin/gpu_tests"
FOLDER = ROOT / "build/kernel_reports"
ENTRY = re.compile(r"Compiling entry function '(\w+)'.*?(\d+) bytes spill stores.*?Used (\d+) registers", re.S)


def kernels_that_do_not_wait() -> list[str]:
    """Steps launch all kernels so that they may begin before the kernel before them has ended."""
    problems = []
    for file in sorted((ROOT / "kernels").rglob("*.cuh")):
        text = file.read_text()
        if "__global__" not in text:
            continue
        seen = text + "".join((ROOT / name).read_text() for name in re.findall(r'#include "(kernels/block/[^"]+)"', text))
        if not re.search(r"\b(begin_grid|wait_for_previous_grid)\(\);", seen):
            problems.append(f"{file.relative_to(ROOT)}: no kernel calls begin_grid or wait_for_previous_grid")
    return problems


def main():
    subprocess.run(["cmake", "--build", ROOT / "build", "--target", "gpu_tests"], check=True,
                   stdout=subprocess.DEVNULL)
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.failed"):
        old.unlink()
    listing = FOLDER / "list.txt"
    listing.unlink(missing_ok=True)
    # Tests run nothing, so that what they expect of a run fails; whether the list is whole is told by its end.
    run = subprocess.run([PROGRAM, "--gtest_filter=*OnGpu*", "--gtest_brief=1"], capture_output=True, text=True,
                         env=dict(os.environ, INGOT_COMPILE_KERNELS=str(FOLDER)))
    names = listing.read_text().split("\n") if listing.exists() else []
    if "end" not in names:
        finish("kernels", [f"{PROGRAM.name} did not list the kernels:\n{run.stdout[-1000:]}{run.stderr[-1000:]}"])
    problems, notes, files, architectures, most = kernels_that_do_not_wait(), [], set(), set(), {}
    names = [name for name in names if name.endswith(".txt")]
    for name in names:
        architecture, folder, stem = name.split(".")[:3]
        file = f"kernels/{folder}/{stem}.cuh"
        failed = FOLDER / (name + ".failed")
        if failed.exists():
            text = failed.read_text()
            if "jit.no_nvrtc" in text:
                finish("kernels: skipped, there is no NVRTC here", [])
            problems.append(f"{file}: {text}")
            continue
        files.add(file)
        architectures.add(architecture)
        for entry, spilled, registers in ENTRY.findall((FOLDER / name).read_text()):
            most[file] = max(most.get(file, 0), int(registers))
            if not int(spilled) or (file, entry, architecture) in SPILLS:
                continue
            what = f"{file}: {entry} spills {spilled} bytes on {architecture}, with {registers} registers"
            if int(spilled) <= FEW_BYTES or int(registers) < FEW_REGISTERS:
                notes.append("note: " + what)
            else:
                problems.append(what + "; use fewer values at a time, or more registers a thread")
    for old in FOLDER.glob("*.txt"):
        if old.name not in names and old != listing:
            old.unlink()
    if "--registers" in sys.argv:
        notes += [f"{file}: up to {registers} registers" for file, registers in sorted(most.items())]
    finish(f"{len(names)} kernels of {len(files)} files, for {len(architectures)} architectures",
           sorted(set(problems)), sorted(set(notes)))


main()
