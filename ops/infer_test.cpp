// What shape rules see, and the checks around them.
#include "ops/infer.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace ingot {
namespace {

const Dim h = Dim::symbol("h"), w = Dim::symbol("w");

void infer_copy(InferContext& node) { node.set_output(0, node.input(0).dtype, node.dims(0)); }
void evaluate_nothing(Reference&) {}

/// An operator with one attribute of each kind; tests replace its shape rule.
OpDef probe(void (*infer)(InferContext&) = infer_copy) {
  return {.name = "Probe",
          .summary = "For tests.",
          .inputs = {{"x", "any"}, {"y", "any", OpPort::kOptional}},
          .outputs = {{"z", "any"}},
          .attributes = {{"axis", -1, "an axis"},
                         {"scale", 0.5F, "a factor"},
                         {"mode", "linear", "a word"},
                         {"sizes", std::vector<int64_t>{1, 2}, "numbers"},
                         {"to", DType::kF32, "a type"}},
          .infer = infer,
          .evaluate = evaluate_nothing};
}

ValueType value(DType dtype, SymbolicShape dims) {
  ValueType type;
  type.dtype = dtype;
  type.dims = std::move(dims);
  return type;
}

ValueType constant(const Tensor& tensor) {
  ValueType type = value(tensor.dtype(), {tensor.shape().begin(), tensor.shape().end()});
  type.constant = tensor;
  return type;
}

template <typename Function>
Problem problem_of(Function function) {
  try {
    function();
  } catch (const Error& error) {
    return error.problems()[0];
  }
  return {"none", "", "", ""};
}

Problem problem_of_types(const OpDef& op, const std::string& attributes,
                         const std::vector<const ValueType*>& inputs, int outputs = 1) {
  return problem_of(
      [&] { infer_types(op, Attributes::parse(attributes), inputs, outputs, "layer/7"); });
}

TEST(InferTypes, ChecksInputsOutputsAndAttributesBeforeTheRule) {
  const OpDef op = probe();
  const ValueType x = value(DType::kF32, {2});
  EXPECT_EQ(problem_of_types(op, "{}", {&x}).id, "none");
  EXPECT_EQ(problem_of_types(op, "{}", {}).id, "op.missing_input");
  EXPECT_EQ(problem_of_types(op, "{}", {nullptr, &x}).id, "op.missing_input");
  EXPECT_EQ(problem_of_types(op, "{}", {&x, nullptr, &x}).id, "op.too_many_inputs");
  EXPECT_EQ(problem_of_types(op, "{}", {&x}, 2).id, "op.too_many_outputs");
  EXPECT_EQ(problem_of_types(op, "{axis=\"a\"}", {&x}).id, "op.bad_attribute");
  EXPECT_EQ(problem_of_types(op, "{scale=1}", {&x}).id, "none");  // a number without a point
  const Problem unknown = problem_of_types(op, "{axes=1}", {&x});
  EXPECT_EQ(unknown.id, "op.unknown_attribute");
  EXPECT_EQ(unknown.where, "node \"layer/7\"");
  EXPECT_NE(unknown.fix.find("\"axis\""), std::string::npos);
}

TEST(InferTypes, RequiredAttributesMustBeThere) {
  OpDef op = probe();
  op.attributes[0].required = true;
  const ValueType x = value(DType::kF32, {2});
  EXPECT_EQ(problem_of_types(op, "{}", {&x}).id, "op.missing_attribute");
  EXPECT_EQ(problem_of_types(op, "{axis=0}", {&x}).id, "none");
}

TEST(InferTypes, NamesTheNodeInProblemsFromDeepInside) {
  const OpDef op = probe([](InferContext& node) { node.axis("axis", 0); });
  const ValueType x = value(DType::kF32, {});
  const Problem problem = problem_of_types(op, "{}", {&x});
  EXPECT_EQ(problem.id, "op.bad_axis");
  EXPECT_EQ(problem.where, "node \"layer/7\"");
}

TEST(NodeAttributes, GiveTheDefaultUnlessSet) {
  const OpDef op = probe();
  const Attributes given = Attributes::parse("{axis=1, mode=\"cubic\", to=f16}");
  const NodeAttributes node(op, given);
  EXPECT_EQ(node.integer("axis"), 1);
  EXPECT_EQ(node.number("scale"), 0.5F);
  EXPECT_EQ(node.text("mode"), "cubic");
  EXPECT_EQ(node.integers("sizes"), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(node.dtype("to"), DType::kF16);
  EXPECT_TRUE(node.given("axis"));
  EXPECT_FALSE(node.given("scale"));
  EXPECT_EQ(node.axis("axis", 3), 1);
  EXPECT_THROW(node.integer("not_defined"), Error);
}

TEST(Axis, CountsFromTheEndAndStaysInside) {
  EXPECT_EQ(normalize_axis(-1, 4, "Op"), 3);
  EXPECT_EQ(normalize_axis(0, 1, "Op"), 0);
  EXPECT_EQ(problem_of([] { normalize_axis(4, 4, "Op"); }).id, "op.bad_axis");
  EXPECT_EQ(problem_of([] { normalize_axis(-5, 4, "Op"); }).id, "op.bad_axis");
  EXPECT_EQ(problem_of([] { normalize_axis(0, 0, "Op"); }).id, "op.bad_axis");
}

TEST(Contents, OfSmallIntegerConstantsAreVisible) {
  const OpDef op = probe();
  const Attributes none;
  Tensor bools = Tensor::allocate(DType::kBool, {2});
  bools.mutable_view().as<uint8_t>()[1] = 1;
  const ValueType integers = constant(Tensor::from_integers(std::vector<int64_t>{2, -1}));
  const ValueType flags = constant(bools);
  const InferContext node(op, none, {&integers, &flags}, 1, "n");
  EXPECT_EQ(node.known_integers(0), (std::vector<int64_t>{2, -1}));
  EXPECT_EQ(node.known_dims(0), (std::vector<Dim>{2, -1}));
  EXPECT_EQ(node.known_floats(0), (std::vector<float>{2, -1}));
  EXPECT_EQ(node.known_integers(1), (std::vector<int64_t>{0, 1}));
}

TEST(Contents, OfSymbolsAreDimsButNoNumbers) {
  const OpDef op = probe();
  const Attributes none;
  ValueType shape = value(DType::kI64, {2});
  shape.contents = std::vector<Dim>{h, 3};
  const ValueType floats = constant(Tensor::scalar_f32(0.5F));
  const InferContext node(op, none, {&shape, &floats}, 1, "n");
  EXPECT_EQ(node.known_dims(0), (std::vector<Dim>{h, 3}));
  EXPECT_EQ(node.known_integers(0), std::nullopt);
  EXPECT_EQ(node.known_floats(1), (std::vector<float>{0.5F}));
  EXPECT_EQ(node.known_integers(1), std::nullopt);
  EXPECT_EQ(node.known_dims(7), std::nullopt);
}

TEST(Contents, AreThoseOfSmallIntegerTensorsOnly) {
  EXPECT_EQ(contents_of(Tensor::scalar_i64(5)), (std::vector<Dim>{5}));
  EXPECT_EQ(contents_of(Tensor::scalar_f32(5)), std::nullopt);
  EXPECT_EQ(contents_of(Tensor()), std::nullopt);
  EXPECT_EQ(contents_of(Tensor::allocate(DType::kI64, {65})), std::nullopt);
  EXPECT_EQ(contents_of(Tensor::allocate(DType::kI64, {1, 1})), std::nullopt);
  EXPECT_EQ(contents_of(Tensor::allocate(DType::kI32, {64}))->size(), 64U);
}

TEST(InferContext, RefusesImpossibleOutputs) {
  const ValueType x = value(DType::kF32, {2});
  const OpDef negative = probe([](InferContext& n) { n.set_output(0, DType::kF32, {-1}); });
  EXPECT_EQ(problem_of_types(negative, "{}", {&x}).id, "op.bad_shape");
  const OpDef nine =
      probe([](InferContext& n) { n.set_output(0, DType::kF32, SymbolicShape(9, Dim(1))); });
  EXPECT_EQ(problem_of_types(nine, "{}", {&x}).id, "op.bad_rank");
}

TEST(InferContext, RequirementsSayWhatTheyFound) {
  const OpDef op = probe();
  const Attributes none;
  const ValueType x = value(DType::kF32, {h, 3}), y = value(DType::kF16, {3});
  const InferContext node(op, none, {&x, &y}, 1, "n");
  node.require_rank(0, 2);
  node.require_rank(0, 1, 2);
  const Problem rank = problem_of([&] { node.require_rank(0, 4, 4); });
  EXPECT_EQ(rank.id, "op.bad_rank");
  EXPECT_NE(rank.what.find("[h,3]"), std::string::npos);
  const Problem type = problem_of([&] { node.require_same_dtype(0, 1); });
  EXPECT_EQ(type.id, "op.bad_type");
  EXPECT_NE(type.what.find("f32"), std::string::npos);
  EXPECT_NE(type.what.find("f16"), std::string::npos);
}

TEST(InferContext, UnknownDimsAreTheSameAtEveryInference) {
  const OpDef op = probe();
  const Attributes none;
  InferContext once(op, none, {}, 1, "nms"), again(op, none, {}, 1, "nms");
  EXPECT_EQ(once.unknown_dim(0, 1), again.unknown_dim(0, 1));
  EXPECT_FALSE(once.unknown_dim(0, 1) == once.unknown_dim(0, 0));
}

TEST(Broadcast, FollowsNumpy) {
  EXPECT_EQ(broadcast({2, 3}, {3}, "Op"), (SymbolicShape{2, 3}));
  EXPECT_EQ(broadcast({3}, {2, 1}, "Op"), (SymbolicShape{2, 3}));
  EXPECT_EQ(broadcast({}, {h}, "Op"), (SymbolicShape{h}));
  EXPECT_EQ(broadcast({h, 1}, {h, w}, "Op"), (SymbolicShape{h, w}));
  EXPECT_EQ(broadcast({0}, {1}, "Op"), (SymbolicShape{0}));
}

TEST(Broadcast, DecidesSymbolsWhereItCan) {
  EXPECT_EQ(broadcast({h}, {5}, "Op"), (SymbolicShape{5}));
  EXPECT_EQ(broadcast({5}, {h}, "Op"), (SymbolicShape{5}));
  EXPECT_EQ(broadcast({h}, {w}, "Op"), (SymbolicShape{Dim::max(h, w)}));
  const Problem problem = problem_of([] { broadcast({2, 3}, {2, 4}, "Op"); });
  EXPECT_EQ(problem.id, "op.not_broadcastable");
  EXPECT_NE(problem.what.find("3 against 4"), std::string::npos);
}

}  // namespace
}  // namespace ingot
