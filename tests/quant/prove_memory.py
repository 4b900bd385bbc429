#!/usr/bin/env python3
"""Calibration streams: 512 samples take no more memory than 32, from files of single items and from one large array."""

import subprocess
import time
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tools import Proof, main, write_samples

SIDE, FEW, MANY = 96, 32, 512
MOST_GROWTH_MB = 8  # of the 54 MB that the further samples have; some are kept to compare algorithms on


def write_model(path: Path) -> None:
    """Quick, on large inputs: only what is kept of these would take memory."""
    weights = numpy_helper.from_array(np.full((4, 3, 3, 3), 0.1, np.float32), "w")
    nodes = [helper.make_node("Conv", ["images", "w"], ["c"], strides=[3, 3]),
             helper.make_node("Relu", ["c"], ["r"]), helper.make_node("GlobalAveragePool", ["r"], ["y"])]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(nodes, "quick", [value("images", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])],
                              [value("y", TensorProto.FLOAT, ["n", 4, 1, 1])], [weights])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def peak_mb(proof: Proof, data: Path, samples: int) -> float:
    """The most memory that `ingot calibrate` held."""
    command = [proof.build_folder / "bin/ingot", "calibrate", proof.folder / "model.onnx", f"--data={data}",
               f"--samples={samples}", f"--shapes=images:1x3x{SIDE}x{SIDE}", "--device=cpu",
               f"--cache={proof.folder / 'memory.cache'}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    peak = 0
    # What the system says of ended processes includes the memory of the one that started them.
    while process.poll() is None:
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                peak = int(line.split()[1])
        time.sleep(0.002)
    proof.check(process.returncode == 0 and f"with {samples} samples" in process.stdout.read(),
                f"{samples} samples of {data.name}")
    return peak / 1024


def prove(proof: Proof) -> None:
    write_model(proof.folder / "model.onnx")
    items = np.random.default_rng(1).uniform(0, 1, (MANY, 3, SIDE, SIDE)).astype(np.float32)
    np.save(proof.folder / "all.npy", items)
    for data in (write_samples(proof.folder / "items", [item[None] for item in items]), proof.folder / "all.npy"):
        few, many = peak_mb(proof, data, FEW), peak_mb(proof, data, MANY)
        proof.check(many - few < MOST_GROWTH_MB,
                    f"{data.name}: {FEW} samples took {few:.0f} MB, {MANY} samples {many:.0f} MB")


if __name__ == "__main__":
    main(__doc__, prove)
