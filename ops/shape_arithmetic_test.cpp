// Tests of shape arithmetic: chains as exporters write them fold to symbolic dims.
#include "ops/shape_arithmetic.h"

#include <limits>

#include "ops/op_testing.h"

namespace ingot {
namespace {

using namespace op_testing;

/// A value whose type alone is known.
ValueType symbolic(const std::vector<std::string>& dims, DType dtype = DType::kF32) {
  ValueType type{.dtype = dtype, .dims = {}, .contents = {}, .constant = {}};
  for (const std::string& dim : dims) type.dims.push_back(Dim::parse(dim));
  return type;
}

ValueType known(const Tensor& tensor) {
  ValueType type{
      .dtype = tensor.dtype(), .dims = {}, .contents = contents_of(tensor), .constant = tensor};
  type.dims.assign(tensor.shape().begin(), tensor.shape().end());
  return type;
}
ValueType list(const std::vector<int64_t>& values) { return known(Tensor::from_integers(values)); }
ValueType scalar(int64_t value) { return known(Tensor::scalar_i64(value)); }

std::vector<ValueType> apply_all(std::string_view op, const std::vector<ValueType>& inputs,
                                 std::string_view attributes = "{}", int outputs = 1) {
  std::vector<const ValueType*> pointers;
  for (const ValueType& input : inputs) pointers.push_back(&input);
  return infer_types(op_named(op), Attributes::parse(attributes), pointers, outputs, "node");
}
ValueType apply(std::string_view op, const std::vector<ValueType>& inputs,
                std::string_view attributes = "{}") {
  return apply_all(op, inputs, attributes)[0];
}

std::string contents(const ValueType& type) {
  return type.contents ? to_string(*type.contents) : "unknown";
}

TEST(ShapeArithmetic, FoldsTheReshapeOfAnAttentionHead) {
  const ValueType x = symbolic({"batch", "tokens", "768"});
  const ValueType shape = apply("Shape", {x});
  const ValueType batch = apply("Unsqueeze", {apply("Gather", {shape, scalar(0)}), list({0})});
  const ValueType tokens = apply("Unsqueeze", {apply("Gather", {shape, scalar(1)}), list({0})});
  const ValueType target = apply("Concat", {batch, tokens, list({12}), list({64})}, "{axis=0}");
  EXPECT_EQ(contents(target), "[batch,tokens,12,64]");
  EXPECT_EQ(to_string(apply("Reshape", {x, target}).dims), "[batch,tokens,12,64]");
  const ValueType open = apply("Concat", {batch, list({-1})}, "{axis=0}");
  EXPECT_EQ(to_string(apply("Reshape", {x, open}).dims), "[batch,768*tokens]");
}

TEST(ShapeArithmetic, FoldsTheWindowsOfASwinTransformer) {
  const ValueType shape = apply("Shape", {symbolic({"batch", "h", "w", "96"})});
  const ValueType h = apply("Gather", {shape, scalar(1)});
  const ValueType padded =
      apply("Mod", {apply("Sub", {scalar(7), apply("Mod", {h, scalar(7)})}), scalar(7)});
  const ValueType windows = apply("Div", {apply("Mul", {h, scalar(14)}), scalar(7)});
  EXPECT_EQ(contents(windows), "[2*h]");
  EXPECT_NE(contents(padded), "unknown");
}

TEST(ShapeArithmetic, FoldsTheExpandOfPyTorch) {
  // torch.expand(-1, n): Where(Equal(shape, -1), ones, shape)
  const ValueType n = apply("Unsqueeze", {apply("Size", {symbolic({"n", "4"})}), list({0})});
  const ValueType wanted = apply("Concat", {list({-1}), n}, "{axis=0}");
  const ValueType ones =
      apply("ConstantOfShape", {apply("Shape", {wanted})}, "{value=tensor i64[1]{1}}");
  EXPECT_EQ(contents(ones), "[1,1]");
  const ValueType is_open = apply("Equal", {wanted, list({-1})});
  EXPECT_EQ(contents(is_open), "[1,0]");
  const ValueType target = apply("Where", {is_open, ones, wanted});
  EXPECT_EQ(contents(target), "[1,4*n]");
  EXPECT_EQ(to_string(apply("Expand", {symbolic({"batch", "1"}), target}).dims), "[batch,4*n]");
}

TEST(ShapeArithmetic, FollowsElementsThroughMovements) {
  const ValueType shape = apply("Shape", {symbolic({"n", "c", "h", "w"})});
  EXPECT_EQ(contents(apply("Slice", {shape, list({-1}), list({-5}), list({0}), list({-1})})),
            "[w,h,c,n]");
  EXPECT_EQ(contents(apply("Cast", {apply("Slice", {shape, list({2}), list({4})})}, "{to=i32}")),
            "[h,w]");
  const auto parts = apply_all("Split", {shape, list({1, 3})}, "{}", 2);
  EXPECT_EQ(contents(parts[1]), "[c,h,w]");
  EXPECT_EQ(contents(apply("Squeeze", {parts[0]})), "[n]");
  EXPECT_EQ(contents(apply("Tile", {parts[0], list({2})})), "[n,n]");
  EXPECT_EQ(contents(apply("Expand", {parts[0], list({3})})), "[n,n,n]");
  EXPECT_EQ(contents(apply("Pad", {parts[0], list({1, 1})})), "[0,n,0]");
  EXPECT_EQ(contents(apply("ScatterElements", {shape, list({1}), list({9})})), "[n,9,h,w]");
  EXPECT_EQ(contents(apply("Identity", {shape})), "[n,c,h,w]");
}

TEST(ShapeArithmetic, FoldsThePadsOfPyTorch) {
  // torch pads the last axis first; the exporter turns that order around through a matrix.
  const ValueType h =
      apply("Gather", {apply("Shape", {symbolic({"n", "c", "h", "w"})}), list({2})});
  const ValueType flat = apply("Concat", {list({1, 2}), h, list({4, 0, 0, 0, 0})}, "{axis=0}");
  const ValueType pairs = apply("Reshape", {flat, list({-1, 2})});
  EXPECT_EQ(to_string(pairs.dims), "[4,2]");
  const ValueType turned = apply(
      "Slice",
      {pairs, list({-1}), list({std::numeric_limits<int64_t>::min()}), list({0}), list({-1})});
  const ValueType pads =
      apply("Reshape", {apply("Transpose", {turned}, "{perm=[1,0]}"), list({-1})});
  EXPECT_EQ(contents(pads), "[0,0,h,1,0,0,4,2]");
  EXPECT_EQ(to_string(apply("Pad", {symbolic({"n", "c", "h", "w"}), pads}).dims),
            "[n,c,2*h+4,w+3]");
}

TEST(ShapeArithmetic, FoldsSumsProductsAndBounds) {
  const ValueType shape = apply("Shape", {symbolic({"n", "3", "h"})});
  EXPECT_EQ(contents(apply("ReduceProd", {shape}, "{keepdims=0}")), "[3*h*n]");
  EXPECT_EQ(contents(apply("ReduceSum", {shape})), "[h+n+3]");
  const ValueType h = apply("Gather", {shape, scalar(2)});
  EXPECT_EQ(contents(apply("Sub", {apply("Add", {h, scalar(5)}), h})), "[5]");
  EXPECT_EQ(contents(apply("Max", {h, scalar(0)})), "[h]");
  EXPECT_EQ(contents(apply("Min", {h, scalar(2147483647)})), "[h]");
  EXPECT_EQ(contents(apply("Neg", {apply("Neg", {h})})), "[h]");
  EXPECT_EQ(contents(apply("Div", {h, scalar(2)})), "[floor_div(h,2)]");
  EXPECT_EQ(contents(apply("Div", {scalar(-7), scalar(2)})), "[-3]");
}

TEST(ShapeArithmetic, DividesDifferencesTowardsZero) {
  const ValueType h = apply("Size", {symbolic({"h"})});
  const ValueType half = apply("Div", {apply("Sub", {h, scalar(9)}), scalar(2)});
  ASSERT_TRUE(half.contents);
  for (const int64_t size : {2, 4, 8, 9, 10, 12}) {
    const auto value = half.contents->front().evaluate([&](const std::string&) { return size; });
    EXPECT_EQ(value, (size - 9) / 2) << "h = " << size;
  }
}

TEST(ShapeArithmetic, DecidesComparisonsOnlyWhereNoSizeChangesThem) {
  const ValueType n = apply("Size", {symbolic({"n"})});
  EXPECT_EQ(contents(apply("Equal", {n, scalar(-1)})), "[0]");
  EXPECT_EQ(contents(apply("Less", {n, apply("Add", {n, scalar(1)})})), "[1]");
  EXPECT_EQ(contents(apply("GreaterOrEqual", {n, scalar(0)})), "[1]");
  EXPECT_EQ(contents(apply("Equal", {n, scalar(1)})), "unknown");
  EXPECT_EQ(contents(apply("Greater", {n, scalar(5)})), "unknown");
  EXPECT_EQ(contents(apply("Not", {apply("Less", {n, scalar(0)})})), "[1]");
}

TEST(ShapeArithmetic, GivesSymbolicSizesToWhatItMakes) {
  const ValueType n = apply("Size", {symbolic({"n"})});
  EXPECT_EQ(to_string(apply("Range", {scalar(0), n, scalar(2)}).dims), "[floor_div(n+1,2)]");
  const ValueType k = apply("Unsqueeze", {n, list({0})});
  EXPECT_EQ(to_string(apply("ConstantOfShape", {k}).dims), "[n]");
  EXPECT_EQ(to_string(apply("TopK", {symbolic({"b", "m"}), k}).dims), "[b,n]");
  const ValueType values = known(Tensor::from_floats(std::vector<float>{0, 1}, {2}));
  EXPECT_EQ(to_string(apply("OneHot", {symbolic({"b"}, DType::kI64), n, values}).dims), "[b,n]");
  EXPECT_EQ(to_string(apply("Tile", {symbolic({"b"}), k}).dims), "[b*n]");
  EXPECT_EQ(to_string(apply("NonZero", {symbolic({"b", "c"})}).dims), R"([2,"?node.0.1"])");
}

TEST(ShapeArithmetic, LeavesUnknownSizesWhereValuesAreUnknown) {
  const ValueType target = symbolic({"3"}, DType::kI64);
  const ValueType reshaped = apply("Reshape", {symbolic({"n"}), target});
  EXPECT_EQ(to_string(reshaped.dims), "[\"?node.0.0\",\"?node.0.1\",\"?node.0.2\"]");
  EXPECT_EQ(problem_of([] { apply("Reshape", {symbolic({"n"}), symbolic({"r"}, DType::kI64)}); }),
            "op.unknown_rank");
}

}  // namespace
}  // namespace ingot
