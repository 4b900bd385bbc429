"""Every relative link and every path of the repository that a Markdown file names exists."""

import re

from files import ROOT, finish, project_files, text_of

# A word with one of these first folders and a file's ending (or a trailing slash) is taken for a path.
FOLDERS = "include|core|ops|compiler|kernels|runtime|apps|python|tests|bench|docs|examples|cmake|scripts|ingot"
ENDINGS = "md|h|cpp|cuh|cu|py|pyi|sh|cmake|txt|json|yaml|yml|toml|case|fbs|csv"
PATH = re.compile(rf"^(?:{FOLDERS})(?:/[\w.+-]+)*(?:/[\w+-][\w.+-]*\.(?:{ENDINGS})|/)$")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
CODE = re.compile(r"`([^`]+)`")


def exists(path, document):
    beside = (ROOT / document).parent / path
    return any(p.exists() for p in (ROOT / path, ROOT / "include" / path, beside))


def slug(heading):
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def headings(document):
    text = re.sub(r"^```.*?^```", "", text_of(document), flags=re.S | re.M)
    return {slug(match) for match in re.findall(r"^#+ (.*)", text, re.M)}


def check_link(document, link):
    """What is wrong with the target of a link, or None."""
    if re.match(r"[a-z]+:", link):
        return None
    path, _, anchor = link.partition("#")
    target = ((ROOT / document).parent / path).resolve() if path else ROOT / document
    if not target.exists():
        return f"link to {path}, which does not exist"
    if anchor and target.suffix == ".md" and anchor not in headings(target.relative_to(ROOT)):
        return f"link to {link}: no such heading there"
    return None


def check(document):
    fenced = False
    for number, line in enumerate(text_of(document).splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
            continue
        words = line.split() if fenced else [w for code in CODE.findall(line) for w in code.split()]
        for word in words:
            word = re.sub(r":\d+$", "", word.strip("'\"(),;"))
            if PATH.match(word) and not exists(word, document):
                yield f"{document}:{number}: names {word}, which does not exist; correct or remove it"
        if fenced:
            continue
        for link in LINK.findall(CODE.sub("", line)):
            if why := check_link(document, link):
                yield f"{document}:{number}: {why}; correct or remove it"


def main():
    documents = project_files(".md")
    finish(f"links and paths in {len(documents)} documents",
           [problem for document in documents for problem in check(document)])


main()
