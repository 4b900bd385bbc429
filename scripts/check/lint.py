"""clang-tidy (.clang-tidy: names, and mistakes that compilers do not see) on what changed.

Looks at sources that differ from the last commit's parent, or at all with CHECK_ALL=1. A changed header counts for
the source of the same name. Beyond MOST files it takes a sample of every folder, and says so.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess

from files import ROOT, finish, project_files

MOST = 40


def changed():
    base = subprocess.run(["git", "rev-parse", "-q", "--verify", "HEAD~1"], cwd=ROOT, capture_output=True,
                          text=True).stdout.strip() or "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # the empty tree
    names = subprocess.run(["git", "diff", "--name-only", base], cwd=ROOT, capture_output=True, text=True).stdout
    new = subprocess.run(["git", "ls-files", "-o", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    stems = {name.rsplit(".", 1)[0] for name in (names + new.stdout).split() if name.endswith((".h", ".cpp"))}
    return {stem + ".cpp" for stem in stems}


def sample(sources):
    """Up to MOST sources, taken in turn from every folder."""
    folders = {}
    for source in sources:
        folders.setdefault(str(pathlib.Path(source).parent), []).append(source)
    taken, queues = [], list(folders.values())
    while len(taken) < MOST and any(queues):
        taken += [queue.pop(0) for queue in queues if queue]
    return sorted(taken[:MOST])


def tidy(source):
    run = subprocess.run([".venv/bin/clang-tidy", "-p", "build", "--quiet", source], cwd=ROOT, capture_output=True,
                         text=True)
    found = re.findall(r"^(\S+?:\d+):\d+: (?:warning|error): (.*)$", run.stdout, re.M)
    inside = f"{ROOT}/"
    problems = [f"{where.removeprefix(inside)}: {what}" if where.startswith(inside) else
                f"{source}:1: {what} (at {where}, reached from here)" for where, what in found]
    if run.returncode != 0 and not problems:
        problems = [f"{source}:1: clang-tidy failed: {(run.stderr or run.stdout).strip()[-400:]}"]
    return problems


def main():
    database = ROOT / "build/compile_commands.json"
    if not database.is_file():
        finish("lint", ["build/compile_commands.json:1: is missing; run make build first"])
    built = {os.path.relpath(entry["file"], ROOT) for entry in json.loads(database.read_text())}
    sources = sorted(built & set(project_files(".cpp")))
    what = "all sources"
    if os.environ.get("CHECK_ALL") != "1":
        sources, what = sorted(changed() & set(sources)), "changed sources"
        if len(sources) > MOST:
            what = f"a sample of the {len(sources)} changed sources (CHECK_ALL=1 takes all)"
            sources = sample(sources)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        problems = sorted({problem for found in pool.map(tidy, sources) for problem in found})
    finish(f"lint of {len(sources)} files, {what}", problems)


main()
