"""Every source opens with a comment that says what it is for; no source has more than 800 lines."""

from files import CPP, finish, project_files, text_of

SOURCES = (*CPP, ".py", ".sh", ".cmake", "CMakeLists.txt", ".fbs")
MOST_LINES = 800
MANY_LINES = 400


def main():
    problems, long = [], []
    files = project_files(*SOURCES)
    for name in files:
        lines = (text_of(name) or "").splitlines()
        if len(lines) > MOST_LINES:
            problems.append(f"{name}:{len(lines)}: {len(lines)} lines; split it, {MOST_LINES} are the most")
        elif len(lines) > MANY_LINES:
            long.append(f"{len(lines)} {name}")
        first = next((line for line in lines if line.strip() and not line.startswith("#!")), None)
        if first is not None and not first.lstrip().startswith(("//", "/*", "# ", '"""', 'r"""')):
            problems.append(f"{name}:1: open the file with a comment: in one to five lines, what is it for?")
    notes = [f"note: over {MANY_LINES} lines: " + ", ".join(sorted(long, reverse=True))] if long else []
    finish(f"shape of {len(files)} sources", problems, notes)


main()
