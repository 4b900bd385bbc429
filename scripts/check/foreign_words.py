"""No text names a path of the machine that it was written on, or settings of a package index."""

import re

from files import finish, project_files, text_of

# Brackets keep this file from finding itself.
WORDS = [
    (r"/[w]ork/", "a path of one machine"),
    (r"/[f]arm\b", "a path of one machine"),
    (r"/[r]oot/", "a path of one machine"),
    (r"/[h]ome/[a-z]\w+/", "a path of one machine"),
    (r"\.\./[s]hared\b", "a path outside of the project"),
    (r"[b]ash_jobs", "a path outside of the project"),
    (r"\b[t]his session\b", "a word about how it was written"),
    (r"[i]ndex-url|[f]ind-links|trusted-[h]ost", "a package index; that is the user's own setting"),
]
ANY = re.compile("|".join(f"({pattern})" for pattern, _ in WORDS))


def main():
    problems, files = [], project_files()
    for name in files:
        for number, line in enumerate((text_of(name) or "").splitlines(), 1):
            if match := ANY.search(line):
                why = WORDS[match.lastindex - 1][1]
                problems.append(f'{name}:{number}: "{match[0]}" is {why}; say it in the project\'s own terms')
    finish(f"words of {len(files)} files", problems)


main()
