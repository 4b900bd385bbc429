"""What the results depend on: the CPU, what it can do, and the versions of everything that is measured."""

import importlib.metadata
import os
import platform
import re
from pathlib import Path

from bench.cpu import plans


def cpu_name() -> str:
    """The CPU's name as Linux gives it."""
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return found.group(1).strip() if found else platform.machine()


def isa() -> str:
    """The instruction sets that matter, as in "avx2", "avx512 vnni bf16 amx"."""
    flags = set(re.search(r"flags\s*:\s*(.+)", Path("/proc/cpuinfo").read_text()).group(1).split())
    names = {"avx2": "avx2", "avx512f": "avx512", "avx512_vnni": "vnni", "avx_vnni": "vnni", "avx512_bf16": "bf16",
             "amx_bf16": "amx"}
    return " ".join(dict.fromkeys(name for flag, name in names.items() if flag in flags))


def has_bf16() -> bool:
    return bool({"bf16", "amx"} & set(isa().split()))


def slug() -> str:
    """The CPU's name as a part of a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", f"{cpu_name()} {isa()}".lower()).strip("-")


def describe() -> dict[str, object]:
    versions = {}
    for package in ("onnxruntime", "openvino", "onnx", "numpy"):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = "not installed"
    versions["ingot"] = plans.version()
    return {"cpu": cpu_name(), "isa": isa(), "cores": os.cpu_count(), "kernel": platform.release(),
            "versions": versions}
