"""The floor of a latency: the model's multiply-adds divided by the measured FMA peak of the machine.

Only convolutions, matrix products and Gemm count, two operations a multiply-add; memory and everything else are
free. The peak is that of independent FP32 FMAs in registers, by a small C program that is compiled for this CPU.
No engine without Winograd-like tricks can be faster than the floor.
"""

import math
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import shape_inference
from onnx.reference import ReferenceEvaluator

_COUNTED = ("Conv", "ConvTranspose", "Gemm", "MatMul")

_PEAK = r"""
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#ifdef __AVX512F__
enum { kWidth = 16 };
#else
enum { kWidth = 8 };
#endif
typedef float V __attribute__((vector_size(4 * kWidth)));
enum { kChains = 12, kRounds = 4000000 };  // 12 chains hide an FMA's latency and stay in registers
static void* work(void* seed) {
  V a[kChains], x = {0}, y = {0};
  x += 0.999f, y += 1 + *(float*)seed;  // not 0: sums that fade to denormals are slow on some CPUs
  for (int i = 0; i < kChains; ++i) a[i] = x * (float)i;
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) a[i] = a[i] * x + y;
    asm volatile("" : "+x"(x), "+x"(y));
  }
  float sum = 0;
  for (int i = 0; i < kChains; ++i) sum += a[i][0];
  *(float*)seed = sum;
  return 0;
}
static double now() {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}
int main(int argc, char** argv) {
  const int threads = argc > 1 ? atoi(argv[1]) : 1;
  double best = 0;
  for (int attempt = 0; attempt < 40; ++attempt) {
    usleep(20000);  // on a shared machine some attempt finds its cores free
    pthread_t handles[256];
    float seeds[256];
    const double start = now();
    for (int i = 0; i < threads; ++i) seeds[i] = 0.001f * i, pthread_create(&handles[i], 0, work, &seeds[i]);
    for (int i = 0; i < threads; ++i) pthread_join(handles[i], 0);
    const double rate = 2.0 * kWidth * kChains * (double)kRounds * threads / (now() - start) / 1e9;
    if (rate > best) best = rate;
  }
  printf("%f\n", best);
}
"""


def fma_peak(threads: int) -> float:
    """FP32 GFLOP/s of `threads` threads, the best of forty short runs."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder) / "peak.c", Path(folder) / "peak"
        source.write_text(_PEAK)
        subprocess.run(["g++", "-x", "c++", "-O3", "-march=native", "-ffp-contract=fast", "-pthread", "-o", program,
                        source],
                       check=True)
        return float(subprocess.run([program, str(threads)], check=True, capture_output=True, text=True).stdout)


def flops(path: Path, shapes: dict[str, list[int]]) -> int:
    """Operations of one inference with inputs of these shapes; raises ValueError where a shape stays unknown."""
    model = onnx.load(path, load_external_data=False)
    for weight in model.graph.initializer:  # shapes are wanted, not numbers
        if weight.data_type == onnx.TensorProto.FLOAT and math.prod(weight.dims) > 64:
            weight.ClearField("raw_data")
            weight.data_location = onnx.TensorProto.EXTERNAL
    for info in model.graph.input:
        for dim, size in zip(info.type.tensor_type.shape.dim, shapes.get(info.name, [])):
            dim.dim_value = size
    for info in model.graph.output:
        info.type.tensor_type.ClearField("shape")
    known = _shapes(model)
    while _fold(model, known):  # what depends on shapes alone becomes a constant, which makes more shapes known
        known = _shapes(model)
    return sum(_node_flops(node, known) for node in model.graph.node)


def _shapes(model: onnx.ModelProto) -> dict[str, list[int]]:
    """The shape of each value that can be inferred; 0 stands for an unknown dimension."""
    del model.graph.value_info[:]
    graph = shape_inference.infer_shapes(model, data_prop=True).graph
    known = {w.name: list(w.dims) for w in graph.initializer}
    for info in [*graph.input, *graph.value_info, *graph.output]:
        if info.type.tensor_type.HasField("shape"):
            known.setdefault(info.name, [d.dim_value for d in info.type.tensor_type.shape.dim])
    return known


def _fold(model: onnx.ModelProto, known: dict[str, list[int]]) -> bool:
    """Replaces nodes whose inputs are constants, and Shape of a known shape, by initializers."""
    values = {w.name: onnx.numpy_helper.to_array(w) for w in model.graph.initializer if w.raw_data or w.int64_data}
    kept = []
    for node in model.graph.node:
        if node.op_type == "Shape" and 0 not in known.get(node.input[0], [0]):
            results = [np.array(known[node.input[0]], np.int64)]
        elif node.op_type not in _COUNTED and all(name in values for name in node.input if name):
            results = ReferenceEvaluator(node).run(None, {name: values[name] for name in node.input if name})
        else:
            kept.append(node)
            continue
        for name, value in zip(node.output, results):
            values[name] = value
            model.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(value), name))
    changed = len(kept) < len(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(kept)
    return changed


def _node_flops(node: onnx.NodeProto, known: dict[str, list[int]]) -> int:
    if node.op_type not in _COUNTED:
        return 0
    left, right, out = (known.get(name, [0]) for name in (*node.input[:2], node.output[0]))
    if 0 in (*left, *right, *out):
        raise ValueError(f"{node.op_type} \"{node.name}\" has an unknown shape")
    if node.op_type == "Conv":
        return 2 * math.prod(out) * math.prod(right[1:])
    if node.op_type == "ConvTranspose":
        return 2 * math.prod(left) * math.prod(right[1:])
    transposed = any(a.name == "transA" and a.i for a in node.attribute)
    return 2 * math.prod(out) * left[-2 if transposed else -1]
