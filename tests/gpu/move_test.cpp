// Operators that move elements, on the CUDA backend: all types' sizes, odd shapes, both layouts,
// windows.
#include "tests/gpu/gpu_step_test.h"

#include "compiler/tactics/gpu_copies.h"
#include "compiler/tactics/jit_support.h"
#include "ops/reference.h"
#include "tests/gpu/step_run.h"

namespace ingot {
namespace {

class MoveOnGpu : public GpuStepTest {
 protected:
  /// Of every size that elements have.
  static constexpr DType kSizes[] = {DType::kU8, DType::kF16, DType::kF32, DType::kI64};

  Tensor integers(const std::vector<int64_t>& numbers) {
    Tensor tensor = Tensor::allocate(DType::kI64, Shape{std::ssize(numbers)});
    std::copy(numbers.begin(), numbers.end(), static_cast<int64_t*>(tensor.mutable_view().data));
    return tensor;
  }
};

TEST_F(MoveOnGpu, CopiesBetweenLayoutsAndWindows) {
  const KernelSource source = move_source();
  KernelStore kernels(target().gpu.architecture, 1);
  kernels.compile(std::vector<KernelSource>{source});
  Candidate copy{.tactic = "jit.copy", .kind = "jit.copy"};
  copy.attributes.set("cubin", kernel_key(source, target().gpu.architecture));
  for (const DType dtype : kSizes) {
    for (const Shape& shape : {Shape{2, 24, 5, 7}, Shape{1, 3, 20, 21}, Shape{2, 64, 9, 16}}) {
      const Tensor x = random(shape, dtype);
      for (const RunShape& run :
           {RunShape{}, RunShape{.input_window_axis = 1, .before = 16, .after = 8},
            RunShape{.output_window_axis = 1, .before = 3, .after = 2},
            RunShape{.input_window_axis = 3, .before = 1, .after = 0}}) {
        for (const Layout from : gpu_layouts(4)) {
          for (const Layout to : gpu_layouts(4)) {
            copy.inputs = {from};
            copy.outputs = {to};
            const Tensor y =
                run_candidate(device(), kernels, copy, {{x}}, {dtype}, {shape}, run)[0];
            EXPECT_TRUE(same_content(x, y))
                << shape.to_string() << " " << layout_name(from) << " " << layout_name(to);
          }
        }
      }
    }
  }
}

TEST_F(MoveOnGpu, CopiesOnTheHost) {
  const Candidate copy{.tactic = "host.copy",
                       .kind = "host.copy",
                       .inputs = {Layout::kHost},
                       .outputs = {Layout::kHost}};
  const KernelStore kernels(target().gpu.architecture, 1);
  const Tensor x = random({3, 4, 5}, DType::kI64);
  for (const RunShape& run : {RunShape{}, RunShape{.input_window_axis = 1, .before = 2},
                              RunShape{.output_window_axis = 2, .after = 3}}) {
    const Tensor y =
        run_candidate(device(), kernels, copy, {{x}}, {DType::kI64}, {x.shape()}, run)[0];
    EXPECT_TRUE(same_content(x, y)) << run.describe();
  }
}

TEST_F(MoveOnGpu, TransposesLastAxesBetweenAllLayouts) {
  for (const DType dtype : kSizes) {
    check("Transpose", "{perm=[0,2,1]}", {random({2, 67, 35}, dtype)}, {.tactic = "jit.transpose"});
    EXPECT_EQ(ran_.size(), 4U);
    check("Transpose", "{perm=[1,0]}", {random({130, 257}, dtype)}, {.tactic = "jit.transpose"});
  }
}

TEST_F(MoveOnGpu, TransposesNarrowAndTinySides) {
  for (const DType dtype : kSizes) {
    check("Transpose", "{perm=[1,0]}", {random({9, 1000}, dtype)}, {.tactic = "jit.transpose"});
    check("Transpose", "{perm=[1,0]}", {random({1000, 9}, dtype)}, {.tactic = "jit.transpose"});
    check("Transpose", "{perm=[1,0]}", {random({3, 500}, dtype)}, {.tactic = "jit.transpose"});
  }
}

TEST_F(MoveOnGpu, TransposesImagesAndHeads) {
  for (const DType dtype : kSizes) {
    check("Transpose", "{perm=[0,2,3,1]}", {random({2, 40, 6, 9}, dtype)},
          {.tactic = "jit.transpose"});
    check("Transpose", "{perm=[0,3,1,2]}", {random({2, 5, 7, 48}, dtype)},
          {.tactic = "jit.transpose"});
    check("Transpose", "{perm=[0,2,1,3]}", {random({2, 6, 5, 16}, dtype)},
          {.tactic = "jit.transpose"});
    check("Transpose", "{perm=[2,0,3,1]}", {random({2, 12, 10, 11}, dtype)},
          {.tactic = "jit.transpose"});
  }
  check("Transpose", "{}", {random({3, 4, 5, 2, 2}, DType::kF16)}, {.tactic = "jit.transpose"});
  check("Transpose", "{}", {random({}, DType::kF16)}, {.tactic = "jit.transpose"});
  check("Transpose", "{perm=[4,2,5,0,1,3]}", {random({2, 3, 4, 3, 2, 5})},
        {.tactic = "jit.transpose"});
}

TEST_F(MoveOnGpu, ReadsAConstant) {
  check("Transpose", "{perm=[0,2,3,1]}", {constant(random({1, 9, 8, 9}, DType::kF16))},
        {.tactic = "jit.transpose"});
  EXPECT_EQ(ran_.size(), 2U);
}

TEST_F(MoveOnGpu, JoinsAlongEveryAxis) {
  for (const DType dtype : kSizes) {
    for (const char* axis : {"{axis=0}", "{axis=1}", "{axis=-1}"}) {
      check("Concat", axis, {random({2, 8, 4, 16}, dtype), random({2, 8, 4, 16}, dtype)},
            {.tactic = "jit.concat"});
    }
    check("Concat", "{axis=1}",
          {random({2, 3, 5, 2}, dtype), random({2, 0, 5, 2}, dtype), random({2, 12, 5, 2}, dtype)},
          {.tactic = "jit.concat"});
  }
}

TEST_F(MoveOnGpu, JoinsManyAndConstants) {
  std::vector<GpuInput> many;
  for (int i = 0; i < 30; ++i) many.emplace_back(random({3, 1 + i % 4}));
  check("Concat", "{axis=1}", many, {.tactic = "jit.concat"});
  check("Concat", "{axis=1}", {random({2, 3, 4, 5}), constant(random({2, 4, 4, 5}))},
        {.tactic = "jit.concat"});
}

TEST_F(MoveOnGpu, CutsIntoParts) {
  for (const DType dtype : kSizes) {
    check("Split", "{axis=1}", {random({2, 12, 5, 3}, dtype), constant(integers({1, 8, 3}))},
          {.tactic = "jit.split", .outputs = 3});
    check("Split", "{axis=-1}", {random({2, 5, 32}, dtype)}, {.tactic = "jit.split", .outputs = 2});
    check("Split", "{axis=0,num_outputs=3}", {random({7, 4}, dtype)},
          {.tactic = "jit.split", .outputs = 3});
  }
}

TEST_F(MoveOnGpu, LeavesOutPartsThatNobodyReads) {
  const Tensor x = random({2, 7, 3}), sizes = integers({2, 4, 1});
  const auto attributes = Attributes::parse("{axis=1}");
  const auto expected = evaluate_op(op_named("Split"), attributes, {x, sizes}, 3);
  const auto found =
      candidates("Split", attributes, {x, constant(sizes)}, {.tactic = "jit.split", .outputs = 3});
  ASSERT_EQ(found.size(), 2U);
  KernelStore kernels(target().gpu.architecture, 1);
  kernels.compile(found[0].kernels);
  const auto parts =
      run_candidate(device(), kernels, found[0], {{x}, {sizes, true}},
                    {DType::kUndefined, DType::kUndefined, DType::kF32}, {{}, {}, {2, 1, 3}}, {});
  EXPECT_TRUE(same_content(expected[2], parts[2]));
}

TEST_F(MoveOnGpu, SizesThatOnlyTheHostReadsStayThere) {
  const Graph graph = parse_graph(R"(
    x: f32[2,1,4]
    r: f32[2,3,4]
    s = Shape(r)
    y = Expand(x, s)
  )");
  const NodeId expand = graph.nodes().back();
  for (const TacticDef* tactic : all_tactics()) {
    if (tactic->name != "jit.expand") continue;
    const TacticNode node(graph, expand);
    ASSERT_TRUE(tactic->supports(node, target()).ok);
    for (const Candidate& candidate : tactic->candidates(node, target())) {
      EXPECT_EQ(candidate.inputs[1], Layout::kHost) << candidate.tactic;
    }
  }
}

TEST_F(MoveOnGpu, ATransposeToTheLayoutThatIsThereNeedsNoStep) {
  const auto same = [&](const std::string& perm, const Shape& shape) {
    std::vector<std::string> names;
    for (const Candidate& candidate : candidates("Transpose", Attributes::parse(perm),
                                                 {random(shape)}, {.tactic = "jit.transpose"})) {
      if (candidate.same_bytes) names.push_back(candidate.tactic);
    }
    return names;
  };
  using Names = std::vector<std::string>;
  const std::string arch = target().gpu.architecture;
  EXPECT_EQ(same("{perm=[0,2,3,1]}", {2, 3, 4, 5}),
            Names{"jit.transpose/f32/" + arch + "/plain_from_nhwc"});
  EXPECT_EQ(same("{perm=[0,3,1,2]}", {2, 3, 4, 5}),
            Names{"jit.transpose/f32/" + arch + "/nhwc_from_plain"});
  EXPECT_EQ(same("{perm=[0,2,1,3]}", {2, 3, 4, 5}), Names{});
  EXPECT_EQ(same("{perm=[0,2,1]}", {2, 3, 4}).size(), 2U);
}

TEST_F(MoveOnGpu, SlicesForwardsAndBackwards) {
  for (const DType dtype : kSizes) {
    const Tensor x = random({3, 20, 9, 10}, dtype);
    check("Slice", "{}",
          {x, constant(integers({1, 2})), constant(integers({1 << 30, 8})),
           constant(integers({1, -1}))},
          {.tactic = "jit.slice"});
    check("Slice", "{}",
          {x, constant(integers({-1, 100, 0})), constant(integers({-100, -100, 9})),
           constant(integers({0, 1, 3})), constant(integers({-1, -3, 4}))},
          {.tactic = "jit.slice"});
  }
  check("Slice", "{}",
        {random({4, 6}), constant(integers({5})), constant(integers({2})), constant(integers({1}))},
        {.tactic = "jit.slice"});
  expect_no("Slice", "{}", {random({4, 6}), integers({1}), constant(integers({2}))}, "jit.slice",
            "computed at run time");
}

TEST_F(MoveOnGpu, PadsWithAConstant) {
  for (const DType dtype : kSizes) {
    const Tensor pads = integers({0, 2, 1, 3, 1, 0, 4, 2});
    check("Pad", "{}", {random({2, 3, 6, 10}, dtype), constant(pads)}, {.tactic = "jit.pad"});
    const Tensor value = values({}, {7}, dtype);
    check("Pad", "{}", {random({2, 3, 6, 10}, dtype), constant(pads), constant(value)},
          {.tactic = "jit.pad"});
    check("Pad", "{}", {random({2, 3, 6, 10}, dtype), constant(pads), value},
          {.tactic = "jit.pad"});
    check("Pad", "{}",
          {random({2, 16, 6, 8}, dtype),
           constant(integers({1, -1, 8, 8})),
           {Tensor{}},
           constant(integers({2, 3}))},
          {.tactic = "jit.pad"});
  }
  check("Pad", "{}", {random({4}), constant(integers({-6, 3}))}, {.tactic = "jit.pad"});
}

TEST_F(MoveOnGpu, PadsWithItsOwnElements) {
  for (const char* mode : {"{mode=\"edge\"}", "{mode=\"reflect\"}", "{mode=\"wrap\"}"}) {
    for (const DType dtype : kSizes) {
      check("Pad", mode,
            {random({2, 8, 6, 10}, dtype), constant(integers({0, 0, 2, 3, 0, 0, 1, 4}))},
            {.tactic = "jit.pad"});
    }
    check("Pad", mode, {random({3, 4}), constant(integers({5, -1, 7, 9}))}, {.tactic = "jit.pad"});
    check("Pad", mode, {random({2, 3, 4}), constant(integers({1, 1, 2, 0, 2, 1}))},
          {.tactic = "jit.pad"});
    check("Pad", mode, {random({1, 3}), constant(integers({2, 0, 1, 0}))}, {.tactic = "jit.pad"});
  }
}

TEST_F(MoveOnGpu, Repeats) {
  for (const DType dtype : kSizes) {
    check("Expand", "{}", {random({3, 1, 5}, dtype), constant(integers({2, 3, 4, 5}))},
          {.tactic = "jit.expand"});
    check("Expand", "{}", {random({2, 8, 1, 1}, dtype), constant(integers({2, 8, 3, 5}))},
          {.tactic = "jit.expand"});
    check("Expand", "{}", {random({}, dtype), constant(integers({33}))}, {.tactic = "jit.expand"});
    check("Tile", "{}", {random({2, 3, 4, 5}, dtype), constant(integers({1, 2, 3, 2}))},
          {.tactic = "jit.tile"});
    check("Tile", "{}", {random({2, 16}, dtype), constant(integers({3, 4}))},
          {.tactic = "jit.tile"});
    check("Tile", "{}", {random({2, 16}, dtype), constant(integers({0, 4}))},
          {.tactic = "jit.tile"});
  }
}

TEST_F(MoveOnGpu, MovesBlocksOfPixels) {
  for (const DType dtype : kSizes) {
    for (const char* attributes : {"{blocksize=2}", "{blocksize=2,mode=\"CRD\"}"}) {
      check("DepthToSpace", attributes, {random({2, 12, 3, 5}, dtype)},
            {.tactic = "jit.depth_to_space", .min_candidates = 4});
      check("SpaceToDepth", attributes, {random({2, 3, 6, 10}, dtype)},
            {.tactic = "jit.space_to_depth", .min_candidates = 4});
    }
  }
}

TEST_F(MoveOnGpu, FillsWithOneValue) {
  for (const DType dtype : kSizes) {
    Attributes attributes;
    attributes.set("value", values({1}, {3}, dtype));
    check("ConstantOfShape", attributes, {constant(integers({3, 5, 7}))},
          {.tactic = "jit.constant_of_shape"});
  }
  check("ConstantOfShape", "{}", {constant(integers({64}))}, {.tactic = "jit.constant_of_shape"});
}

TEST_F(MoveOnGpu, PicksConstantIndices) {
  for (const DType dtype : kSizes) {
    const Tensor x = random({2, 9, 4, 8}, dtype);
    check("Gather", "{axis=1}", {x, constant(values({}, {-2}, DType::kI64))},
          {.tactic = "jit.pick"});
    check("Gather", "{axis=1}", {x, constant(integers({8, 6, 4, 2, 0, 1, 1, 1, -1}))},
          {.tactic = "jit.pick"});
    check("Gather", "{axis=-1}", {x, constant(integers({3}))}, {.tactic = "jit.pick"});
  }
  expect_no("Gather", "{}", {random({4, 6}), constant(integers({4}))}, "jit.pick", "outside");
  expect_no("Gather", "{}", {random({4, 6}), integers({1})}, "jit.pick", "run time");
}

TEST_F(MoveOnGpu, GathersSlices) {
  for (const DType dtype : kSizes) {
    for (const DType index : {DType::kI32, DType::kI64}) {
      const Tensor x = random({3, 7, 16}, dtype);
      check("Gather", "{axis=0}", {x, random_indices({5, 2}, 3, index)}, {.tactic = "jit.gather"});
      check("Gather", "{axis=1}", {x, random_indices({5}, 7, index)}, {.tactic = "jit.gather"});
      check("Gather", "{axis=2}", {x, random_indices({3, 2}, 16, index)}, {.tactic = "jit.gather"});
      check("Gather", "{axis=1}", {x, random_indices({}, 7, index)}, {.tactic = "jit.gather"});
    }
  }
}

TEST_F(MoveOnGpu, GathersElementsAndTuples) {
  for (const DType dtype : kSizes) {
    check("GatherElements", "{axis=1}", {random({3, 7, 5}, dtype), random_indices({2, 9, 5}, 7)},
          {.tactic = "jit.gather"});
    check("GatherElements", "{axis=-1}", {random({3, 7}, dtype), random_indices({3, 2}, 7)},
          {.tactic = "jit.gather"});
    check("GatherND", "{}", {random({4, 5, 6}, dtype), random_indices({7, 2}, 4)},
          {.tactic = "jit.gather"});
    check("GatherND", "{}", {random({4, 5, 6}, dtype), random_indices({2, 3, 3}, 4)},
          {.tactic = "jit.gather"});
    check("GatherND", "{batch_dims=1}", {random({3, 4, 8}, dtype), random_indices({3, 2, 1}, 4)},
          {.tactic = "jit.gather"});
  }
}

TEST_F(MoveOnGpu, AnIndexOutsideItsAxisGivesZeros) {
  // The reference refuses such indices, so that the step runs by itself.
  const Tensor x = random({4, 3}), indices = integers({1, 4, -5, 3});
  const auto found = candidates("Gather", Attributes{}, {x, indices}, {.tactic = "jit.gather"});
  ASSERT_EQ(found.size(), 1U);
  KernelStore kernels(target().gpu.architecture, 1);
  kernels.compile(found[0].kernels);
  const Tensor y = run_candidate(device(), kernels, found[0], {{x}, {indices}}, {DType::kF32},
                                 {Shape{4, 3}}, {})[0];
  const std::vector<float> from = x.to_floats(), to = y.to_floats();
  EXPECT_EQ(to[0], from[3]);
  for (int i = 3; i < 9; ++i) EXPECT_EQ(to[static_cast<size_t>(i)], 0);
  EXPECT_EQ(to[11], from[11]);
}

TEST_F(MoveOnGpu, ScattersUniqueIndices) {
  for (const DType dtype : kSizes) {
    check("ScatterElements", "{axis=1}",
          {random({2, 6}, dtype), values({2, 3}, {1, -1, 0, 4, 2, 3}, DType::kI64),
           random({2, 3}, dtype)},
          {.tactic = "jit.scatter"});
    check("ScatterND", "{}",
          {random({4, 5, 16}, dtype), values({3, 1}, {3, 0, 1}, DType::kI64),
           random({3, 5, 16}, dtype)},
          {.tactic = "jit.scatter"});
    check("ScatterND", "{}",
          {random({4, 5}, dtype), values({2, 2, 2}, {3, 0, 1, -1, 0, 0, 2, 2}, DType::kI64),
           random({2, 2}, dtype)},
          {.tactic = "jit.scatter"});
  }
}

TEST_F(MoveOnGpu, ScattersWithReductions) {
  for (const char* attributes : {"{reduction=\"add\"}", "{reduction=\"mul\"}",
                                 "{reduction=\"min\"}", "{reduction=\"max\"}"}) {
    for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16, DType::kF64, DType::kI8,
                              DType::kI32, DType::kI64}) {
      const float tolerance = dtype == DType::kBF16 ? 0.05F : dtype == DType::kF16 ? 0.01F : 0;
      check("ScatterND", attributes,
            {random({5, 3}, dtype), random_indices({9, 1}, 5), random({9, 3}, dtype)},
            {.tactic = "jit.scatter", .tolerance = tolerance});
      check("ScatterElements", attributes,
            {random({5, 3}, dtype), random_indices({7, 2}, 5), random({7, 2}, dtype)},
            {.tactic = "jit.scatter", .tolerance = tolerance});
    }
  }
}

TEST_F(MoveOnGpu, MakesOneHotVectors) {
  for (const DType dtype : kSizes) {
    for (const DType index : {DType::kI32, DType::kI64, DType::kF32}) {
      check("OneHot", "{axis=1}",
            {random_indices({3, 4}, 9, index), constant(values({}, {6}, DType::kI64)),
             values({2}, {2, 5}, dtype)},
            {.tactic = "jit.one_hot"});
      check("OneHot", "{}",
            {random_indices({7}, 6, index), constant(values({}, {6}, DType::kI64)),
             constant(values({2}, {0, 1}, dtype))},
            {.tactic = "jit.one_hot"});
    }
  }
}

TEST_F(MoveOnGpu, Counts) {
  for (const DType dtype : {DType::kF32, DType::kI32, DType::kI64, DType::kF64}) {
    check("Range", "{}",
          {constant(values({}, {10}, dtype)), constant(values({}, {-3}, dtype)),
           constant(values({}, {-2}, dtype))},
          {.tactic = "jit.range"});
  }
}

TEST_F(MoveOnGpu, KeepsTriangles) {
  for (const DType dtype : kSizes) {
    check("Trilu", "{}", {random({2, 5, 7}, dtype)}, {.tactic = "jit.trilu"});
    for (const int64_t k : {-2, 0, 3, 100}) {
      check("Trilu", "{upper=0}", {random({5, 4}, dtype), constant(integers({k}))},
            {.tactic = "jit.trilu"});
      check("Trilu", "{upper=1}", {random({5, 4}, dtype), constant(integers({k}))},
            {.tactic = "jit.trilu"});
    }
    check("EyeLike", "{k=1}", {random({4, 6}, dtype)}, {.tactic = "jit.eye_like"});
    check("EyeLike", "{k=-1,dtype=f16}", {random({4, 6}, dtype)}, {.tactic = "jit.eye_like"});
  }
}

TEST_F(MoveOnGpu, ReversesSequences) {
  for (const DType dtype : kSizes) {
    check("ReverseSequence", "{}", {random({5, 3, 4}, dtype), integers({5, 0, 3})},
          {.tactic = "jit.reverse_sequence"});
    check("ReverseSequence", "{batch_axis=0,time_axis=1}",
          {random({3, 6}, dtype), integers({1, 6, 4})}, {.tactic = "jit.reverse_sequence"});
  }
}

class QuantizeOnGpu : public GpuStepTest {};

TEST_F(QuantizeOnGpu, RoundsToNarrowTypes) {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    for (const DType narrow : {DType::kI8, DType::kU8, DType::kI16, DType::kU16}) {
      const Tensor x = random({2, 6, 5, 7}, dtype, 40);
      check("QuantizeLinear", "{}",
            {x, values({}, {0.5}, dtype), constant(values({}, {3}, narrow))},
            {.tactic = "jit.quantize", .min_candidates = 2});
      const Tensor scales = values({6}, {0.5, 1, 2, 4, 0.25, 0.125}, dtype);
      check("QuantizeLinear", "{axis=1}", {x, scales, values({6}, {1, 2, 3, 4, 5, 6}, narrow)},
            {.tactic = "jit.quantize", .min_candidates = 2});
    }
  }
  check("QuantizeLinear", "{}", {random({64}, DType::kF32, 300), values({1}, {1})},
        {.tactic = "jit.quantize"});
}

TEST_F(QuantizeOnGpu, ComesBack) {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    for (const DType narrow : {DType::kI8, DType::kU8, DType::kI16, DType::kU16, DType::kI32}) {
      const Tensor x = random({2, 6, 5, 8}, narrow);
      check("DequantizeLinear", "{axis=-2}",
            {x, values({5}, {0.5, 1, 2, 4, 0.25}, dtype), values({5}, {1, 2, 3, 4, 5}, narrow)},
            {.tactic = "jit.quantize", .min_candidates = 2});
      check("DequantizeLinear", "{}", {x, values({}, {0.5}, dtype)}, {.tactic = "jit.quantize"});
    }
  }
}

TEST_F(QuantizeOnGpu, KnowsScalesOfBlocks) {
  const Tensor scales = random({3, 3, 5}, DType::kF32, 0.1F, 1);
  check("DequantizeLinear", "{axis=1,block_size=4}", {random({3, 10, 5}, DType::kI8), scales},
        {.tactic = "jit.quantize"});
  check("QuantizeLinear", "{axis=1,block_size=4}", {random({3, 10, 5}), scales},
        {.tactic = "jit.quantize"});
  expect_no("DequantizeLinear", "{}", {random({4}, DType::kI8), random({}, DType::kF64)},
            "jit.quantize", "no f64");
}

TEST_F(QuantizeOnGpu, NormalisesByNearbyChannels) {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    for (const char* attributes : {"{size=5,alpha=0.5,beta=0.6,bias=1.5}", "{size=2}"}) {
      check("LRN", attributes, {random({2, 7, 3, 5}, dtype)},
            {.tactic = "jit.lrn", .min_candidates = 2});
    }
    check("LRN", "{size=100}", {random({2, 7}, dtype)}, {.tactic = "jit.lrn"});
  }
}

}  // namespace
}  // namespace ingot
