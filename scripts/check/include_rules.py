"""Holds the code to the table of docs/architecture.md: which folder may include which.

A folder may include itself, the public headers ("ingot/..."; they include nothing but themselves) and what stands
in RULES. Tests may include all that their test program links. To change a rule, change the design first.
"""

import re

from files import CPP, ROOT, finish, project_files, text_of

# folder -> folders that it may include. The longest folder that matches a file's path is the file's.
RULES = {
    "include/ingot": [],
    "core/base": [],
    "core/tensor": ["core/base"],
    "core/node": ["core/base", "core/tensor"],
    "core/plan": ["core/base", "core/tensor", "core/node"],
    "ops": ["core"],
    "compiler/graph": ["core", "ops"],
    "compiler/onnx": ["core", "ops", "compiler/graph"],
    "compiler/passes": ["core", "ops", "compiler/graph", "compiler/quant"],
    "decode": [],
    "compiler/samples": ["core", "ops", "decode"],
    "compiler/quant": ["core", "ops", "compiler/graph"],
    "compiler/jit": ["core"],
    "compiler/tactics": ["core", "ops", "compiler/graph", "compiler/jit", "kernels/params"],
    "compiler/tune": ["core", "ops", "compiler/graph", "compiler/jit", "compiler/tactics", "runtime/engine"],
    "compiler/schedule": ["core", "compiler/graph"],
    "compiler/driver": ["core", "ops", "compiler", "runtime/engine"],
    "kernels/params": [],
    "kernels/common": ["kernels/params"],
    "kernels/ptx": ["kernels/params"],
    "kernels/block": ["kernels/params", "kernels/common", "kernels/ptx"],
    "kernels/ops": ["kernels/params", "kernels/common", "kernels/ptx", "kernels/block"],
    # A backend implements runtime/engine/step.h; the engine finds it with dlopen and includes nothing of it.
    "runtime/engine": ["core", "ops", "kernels/params"],
    "runtime/cpu": ["core", "ops", "kernels/params", "runtime/engine"],
    "runtime/cuda": ["core", "ops", "kernels/params", "runtime/engine"],
    "apps/common": [],
    "apps/trtexec": ["apps/common"],
    "apps/ingot": ["apps/common"],
    "python": [],
    "tests": ["core", "ops", "runtime", "compiler", "kernels/params"],
}

# A file whose name starts so may include more than its folder: the calibrator measures by running.
EXCEPTIONS = {"compiler/quant/calibrat": ["compiler/tactics", "runtime/engine"]}

# Tests, by the top folder of the test program.
TEST_RULES = {
    "core": ["core"],
    "ops": ["core", "ops"],
    "runtime": ["core", "ops", "runtime", "kernels/params"],
    "compiler": ["core", "ops", "runtime", "compiler", "kernels/params"],
    "apps": ["apps"],
    "tests": ["core", "ops", "runtime", "compiler", "kernels/params"],
}

# Headers of others: what includes them, who may, why.
LIBRARIES = [
    (r"protozero/", ["compiler/onnx"], "compiler/onnx alone sees ONNX's wire format"),
    (r"nvrtc\.h", ["compiler/jit"], "compiler/jit alone sees NVRTC"),
    (r"dnnl\.h", ["runtime/cpu"], "oneDNN is linked into the CPU backend alone"),
    (r"(png|turbojpeg|zlib)\.h", ["decode"], "decoders are linked into libingot_decode.so alone"),
    (r"omp\.h", ["runtime/cpu"], "OpenMP is linked into the CPU backend alone"),
    (r"cuda[\w.]*\.h|cudnn|cublas|nvml", ["runtime/cuda", "compiler/tactics", "compiler/tune", "compiler/jit"],
     "CUDA stays in its backend and tactics"),
]
# Headers that cost seconds in each source; a .cpp may have them, a .h would hand them to everybody.
HEAVY = r"(regex|iostream|nlohmann/json\.hpp|spdlog/|CLI/|cudnn_frontend|boost/|grpcpp/|simdjson)"

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def folder_of(path, folders):
    return max((f for f in folders if path == f or path.startswith(f + "/")), key=len, default=None)


def target_of(name):
    """The path from the root of what `#include "name"` means."""
    if name.startswith("ingot/"):
        return "include/" + name
    if name.endswith("_generated.h") or (ROOT / name).is_file():
        return name
    return None


def allowed(source, folder):
    top = source.split("/")[0]
    if source.endswith("_test.cpp") and top in TEST_RULES:
        return TEST_RULES[top]
    extra = [f for prefix, folders in EXCEPTIONS.items() if source.startswith(prefix) for f in folders]
    return RULES[folder] + extra


def check(source, edges):
    folder = folder_of(source, RULES) or source.split("/")[0]
    for number, line in enumerate((text_of(source) or "").splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        where, name = f"{source}:{number}", match[2]
        if source.endswith((".h", ".cuh")) and re.match(HEAVY, name):
            yield f"{where}: <{name}> in a header costs every source seconds; include it in one .cpp"
        for pattern, folders, why in LIBRARIES:
            if re.match(pattern, name) and not folder_of(source, folders):
                yield f"{where}: includes {name}, but {why}; move the code there"
        if match[1] == "<":
            continue
        target = target_of(name)
        if target is None:
            yield f'{where}: "{name}" is no path from the root; write it so, e.g. "core/base/error.h"'
            continue
        target_folder = folder_of(target, RULES) or target.rsplit("/", 1)[0]
        if target_folder in (folder, "include/ingot"):
            continue
        if not source.endswith("_test.cpp"):
            edges.setdefault((folder, target_folder), where)
        if not folder_of(target, allowed(source, folder)):
            may = ", ".join(allowed(source, folder)) or "nothing else"
            yield f'{where}: {folder} may not include {target_folder} ("{name}"); it may include: {may}'


def main():
    tops = {rule.split("/")[0] for rule in RULES} | set(TEST_RULES)
    sources = [f for f in project_files(*CPP) if f.split("/")[0] in tops]
    problems, edges = [], {}
    for source in sources:
        if not folder_of(source, RULES) and not source.endswith("_test.cpp"):
            problems.append(f"{source}:1: no rule for this folder; add it to RULES in scripts/check/include_rules.py")
            continue
        problems += check(source, edges)
    for (a, b), where in edges.items():
        if a < b and (b, a) in edges:
            problems.append(f"{where}: {a} and {b} include each other ({edges[b, a]}); break the circle")
    finish(f"includes of {len(sources)} files keep to the table of folders", problems)


main()
