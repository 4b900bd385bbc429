// A quantised network on a GPU from the graph to its results: passes make integer products, a kernel
// of ours serves each, and the engine's results are those of the graph.
#include <gtest/gtest.h>

#include "compiler/passes/pass_runner.h"
#include "compiler/tactics/tactic.h"

namespace ingot {
namespace {

/// A convolution of an image, a depthwise one, a residual block, pools, a resize that is put beside
/// another branch, a transposed convolution, and a product.
constexpr std::string_view kNetwork = R"(
  x: f32[1,3,20,20]
  s: const f32[] = {0.03}, z: const i8[] = {0}, sw: const f32[] = {0.004}
  w1: const i8[32,3,3,3], b1: const f32[32]
  w2: const i8[32,1,3,3], w3: const i8[32,32,1,1], w4: const i8[16,32,3,3]
  w5: const i8[16,32,2,2], w6: const i8[64,10]
  up: const f32[4] = {1, 1, 2, 2}
  begin: const i64[1] = {0}, end: const i64[1] = {64}, axis: const i64[1] = {1}
  xq = QuantizeLinear(x, s, z)
  xd = DequantizeLinear(xq, s, z)
  v1 = DequantizeLinear(w1, sw)
  c1 = Conv(xd, v1, b1) {strides=[2,2], pads=[1,1,1,1]}
  r1 = Relu(c1)
  q1 = QuantizeLinear(r1, s, z)
  d1 = DequantizeLinear(q1, s, z)
  v2 = DequantizeLinear(w2, sw)
  c2 = Conv(d1, v2) {group=32, pads=[1,1,1,1]}
  r2 = Relu(c2)
  q2 = QuantizeLinear(r2, s, z)
  d2 = DequantizeLinear(q2, s, z)
  v3 = DequantizeLinear(w3, sw)
  c3 = Conv(d2, v3)
  a3 = Add(c3, d1)
  r3 = Relu(a3)
  q3 = QuantizeLinear(r3, s, z)
  d3 = DequantizeLinear(q3, s, z)
  m3 = MaxPool(d3) {kernel_shape=[2,2], strides=[2,2]}
  v4 = DequantizeLinear(w4, sw)
  c4 = Conv(m3, v4) {pads=[1,1,1,1]}
  q4 = QuantizeLinear(c4, s, z)
  d4 = DequantizeLinear(q4, s, z)
  u4 = Resize(d4, _, up) {mode="nearest"}
  j4 = Concat(u4, d3) {axis=1}
  g4 = GlobalAveragePool(j4)
  v5 = DequantizeLinear(w5, sw)
  t5 = ConvTranspose(d4, v5) {strides=[2,2]}
  q5 = QuantizeLinear(t5, s, z)
  d5 = DequantizeLinear(q5, s, z)
  g5 = GlobalAveragePool(d5)
  j5 = Concat(g4, g5) {axis=1}
  f6 = Flatten(j5)
  k6 = Slice(f6, begin, end, axis)
  q6 = QuantizeLinear(k6, s, z)
  d6 = DequantizeLinear(q6, s, z)
  v6 = DequantizeLinear(w6, sw)
  y = MatMul(d6, v6)
)";

PassOptions integers_on_gpu() {
  PassOptions options;
  options.allow_int8 = options.gpu = options.allow_small_float = true;
  options.small_float = DType::kF16;
  return options;
}

Target gpu_target() {
  Target target;
  target.device = "cuda";
  target.gpu.architecture = "sm_90a";
  target.gpu.compute_capability = 90;
  target.gpu.multiprocessors = 132;
  target.gpu.shared_bytes = 232448;
  target.gpu.cudnn_missing = target.gpu.cublaslt_missing = "left out here";
  return target;
}

TEST(QuantisedNetwork, HasAKernelOfOursForEveryNode) {
  const Graph graph = run_passes(parse_graph(kNetwork), integers_on_gpu(), {});
  const Target target = gpu_target();
  int products = 0;
  for (const NodeId id : graph.nodes()) {
    const TacticNode node(graph, id);
    const bool multiplies =
        node.op() == "Conv" || node.op() == "ConvTranspose" || node.op() == "MatMul";
    if (multiplies) {
      ++products;
      EXPECT_EQ(dtype_bits(node.input_dtype(0)), 8) << node.op();
    }
    std::string reasons;
    bool served = node.node().op->traits.is_view;
    for (const TacticDef* tactic : all_tactics()) {
      if (tactic->device != "cuda" || !serves(*tactic, node, target)) continue;
      const Verdict verdict = tactic->supports(node, target);
      served = served || verdict.ok;
      if (!verdict.ok) reasons += std::string(tactic->name) + ": " + verdict.reason + "\n";
    }
    EXPECT_TRUE(served) << node.op() << node.attributes().to_string() << "\n" << reasons;
  }
  EXPECT_EQ(products, 6);
}

}  // namespace
}  // namespace ingot
