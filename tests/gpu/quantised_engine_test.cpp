// A quantised network on a GPU from the graph to its results: passes make integer products, a kernel
// of ours serves each, and the engine's results are those of the graph.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "compiler/driver/model.h"
#include "compiler/graph/interpret.h"
#include "compiler/passes/pass_runner.h"
#include "compiler/tactics/tactic.h"
#include "ingot/engine.h"
#include "tests/gpu/emulation/use_emulated_gpu.h"

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

TEST(QuantisedNetwork, GivesTheGraphsResults) {
  use_emulated_gpu();
  auto state = std::make_shared<Model::State>();
  state->path = "test";
  state->graph = parse_graph(kNetwork);
  BuildOptions options;
  options.device = "0";
  options.optimization_level = 1;
  options.allow_int8 = options.allow_fp16 = true;
  const BuildResult built = build(Model(state), options);
  const auto engine = Engine::load(std::span(*built.plan));
  ASSERT_TRUE(engine->on_gpu());
  Tensor x = Tensor::allocate(DType::kF32, {1, 3, 20, 20});
  std::mt19937 generator(7);
  std::normal_distribution<float> normal;
  for (float& value : x.mutable_view().as<float>()) value = normal(generator);
  Context context(engine);
  ASSERT_TRUE(context.set_address("x", const_cast<void*>(x.data())).ok());
  const Status status = context.run();
  ASSERT_TRUE(status.ok()) << status.message();
  const Tensor wanted = interpret(state->graph, {x})[0];
  const auto* got = static_cast<const float*>(context.output_data("y"));
  ASSERT_NE(got, nullptr);
  for (int64_t i = 0; i < wanted.elements(); ++i) {
    // A tie that falls otherwise moves a sum by a quantum times a weight.
    EXPECT_NEAR(got[i], wanted.as<float>()[static_cast<size_t>(i)], 0.05F) << i;
  }
}

/// What --fp8 makes of a model without quantisation: nodes read 8-bit floats where there are ranges.
TEST(QuantisedNetwork, ReadsEightBitFloatsWhereTheyAreAllowed) {
  const Graph source = parse_graph(R"(
    x: f32[2,16,8,8], w1: const f32[32,16,3,3], w2: const f32[32,32,1,1]
    c1 = Conv(x, w1) {pads=[1,1,1,1]}
    r1 = Relu(c1)
    c2 = Conv(r1, w2)
    y = Relu(c2)
  )");
  const QuantizationRanges ranges{{{"x", 5.0F / 127}, {"r1", 200.0F / 127}}};
  PassOptions options = integers_on_gpu();
  options.allow_fp8 = true;
  options.placed = DType::kF8E4M3;
  options.ranges = &ranges;
  const Graph graph = run_passes(source, options, {});
  int products = 0;
  for (const NodeId id : graph.nodes("Conv")) {
    ++products;
    EXPECT_EQ(TacticNode(graph, id).input_dtype(0), DType::kF8E4M3);
    EXPECT_EQ(TacticNode(graph, id).input_dtype(1), DType::kF8E4M3);
  }
  EXPECT_EQ(products, 2);
  // Three bits of mantissa: operands are off by some hundredths, sums of theirs by a little more.
  Tensor x = Tensor::allocate(DType::kF32, {2, 16, 8, 8});
  std::mt19937 generator(7);
  std::normal_distribution<float> normal;
  for (float& value : x.mutable_view().as<float>()) value = normal(generator);
  const std::vector<float> exact = interpret(source, {x})[0].to_floats();
  const std::vector<float> rounded = interpret(graph, {x})[0].to_floats();
  double error = 0, size = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    error += std::abs(exact[i] - rounded[i]);
    size += std::abs(exact[i]);
  }
  EXPECT_LT(error, 0.1 * size);
  EXPECT_GT(error, 0);
}

}  // namespace
}  // namespace ingot
