"""Lists the project's files for the other checks, and prints their findings alike."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CPP = (".h", ".cpp", ".cuh", ".cu")


def project_files(*suffixes):
    """Tracked and new files (not the ignored ones) that end in one of the suffixes, as paths from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "--deduplicate", "-z"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(name for name in listed.split("\0")
                  if name and name.endswith(suffixes or "") and (ROOT / name).is_file())


def text_of(name):
    """The text of a file of the project; None where it is not text."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def finish(checked, problems, notes=()):
    """Prints what was checked and every problem as `file:line: what; how to fix`, and ends the check."""
    for line in [*notes, *problems]:
        print(line)
    print(f"{checked}: {len(problems)} problem(s)" if problems else f"{checked}: good")
    sys.exit(1 if problems else 0)
