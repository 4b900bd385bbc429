// Shapes that data decides.
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "ingot/engine.h"
#include "runtime/engine/test_support.h"

namespace ingot {
namespace {

using test::PlanBuilder;

void expect_ok(const Status& status) { EXPECT_TRUE(status.ok()) << status.message(); }

Attributes op(const std::string& name) {
  Attributes attributes;
  attributes.set("op", name);
  return attributes;
}

std::vector<float> floats(const Context& context, const std::string& name) {
  Shape shape;
  expect_ok(context.shape(name, &shape));
  const auto* data = static_cast<const float*>(context.output_data(name));
  return {data, data + shape.elements()};
}

// x -> positive elements (count c) -> doubled -> two of them side by side.
Plan positive_plan() {
  PlanBuilder b;
  const Dim c = Dim::symbol("?positive.0");
  const int x = b.input("x", {6});
  const int found = b.arena({c}, Storage::kDynamic);
  const int twice = b.arena({c}, Storage::kDynamic);
  const int both = b.arena({c * 2}, Storage::kDynamic);
  b.step("test.positive", {x}, {found});
  b.step("test.twice", {found}, {twice});
  b.step("test.copy", {twice}, {b.window(both, 0, 0, {c})});
  b.step("test.copy", {found}, {b.window(both, 0, c, {c})});
  b.step("test.copy", {both}, {b.output("y", {c * 2})});
  Attributes fill;
  fill.set("dims", std::vector<Dim>{c + 100});
  b.step("test.fill", {}, {b.output("count", {1})}, fill);
  return b.plan;
}

TEST(DynamicRun, FollowsTheDataFromRunToRun) {
  const auto engine = load_engine(positive_plan());
  EXPECT_EQ(engine->outputs()[0].dims, std::vector<int64_t>{-1});
  Context context(engine);
  std::vector<float> x = {1, -1, 2, -2, 0, 3};
  expect_ok(context.set_address("x", x.data()));
  Shape shape;
  expect_ok(context.shape("y", &shape));
  EXPECT_EQ(shape, Shape{-1});
  size_t bytes = 0;
  EXPECT_EQ(context.bytes("y", &bytes).code(), StatusCode::kNotReady);

  expect_ok(context.run());
  EXPECT_EQ(floats(context, "y"), (std::vector<float>{2, 4, 6, 1, 2, 3}));
  EXPECT_EQ(floats(context, "count"), std::vector<float>{103});
  x = {5, -1, -1, -1, -1, -1};
  expect_ok(context.run());
  EXPECT_EQ(floats(context, "y"), (std::vector<float>{10, 5}));
  EXPECT_EQ(floats(context, "count"), std::vector<float>{101});
  x.assign(6, -1);
  expect_ok(context.run());
  EXPECT_TRUE(floats(context, "y").empty());
  x.assign(6, 4);
  expect_ok(context.run());
  EXPECT_EQ(floats(context, "y").size(), 12U);
}

TEST(DynamicRun, LeavesOutStepsThatWouldMakeNothing) {
  PlanBuilder b;
  const Dim c = Dim::symbol("?positive.0");
  const int x = b.input("x", {2});
  const int found = b.arena({c}, Storage::kDynamic);
  b.step("test.positive", {x}, {found});
  b.step("test.fail", {found}, {b.output("y", {c})});
  Context context(load_engine(b.plan));
  std::vector<float> data = {-1, -1};
  expect_ok(context.set_address("x", data.data()));
  expect_ok(context.run());
  Shape shape;
  expect_ok(context.shape("y", &shape));
  EXPECT_EQ(shape, Shape{0});
  data[1] = 1;
  EXPECT_EQ(context.run().code(), StatusCode::kFailed);
}

TEST(DynamicRun, RefusesACallersAddressForAnOutputOfUnknownSize) {
  Context context(load_engine(positive_plan()));
  float y[12];
  EXPECT_EQ(context.set_address("y", y).code(), StatusCode::kInvalid);
  expect_ok(context.set_address("count", y));
}

TEST(DynamicRun, LetsReferenceStepsAllocate) {
  PlanBuilder b;
  const Dim c = Dim::symbol("?nonzero.1");
  const int x = b.input("x", {2, 3});
  b.step("ref", {x}, {b.output("y", {2, c}, DType::kI64)}, op("NonZero"));
  Context context(load_engine(b.plan));
  std::vector<float> data = {0, 7, 0, 8, 0, 9};
  expect_ok(context.set_address("x", data.data()));
  expect_ok(context.run());
  Shape shape;
  expect_ok(context.shape("y", &shape));
  ASSERT_EQ(shape, (Shape{2, 3}));
  const auto* y = static_cast<const int64_t*>(context.output_data("y"));
  EXPECT_EQ(std::vector<int64_t>(y, y + 6), (std::vector<int64_t>{0, 1, 1, 1, 0, 2}));
}

TEST(DynamicRun, ReshapesToATargetThatIsComputed) {
  PlanBuilder b;
  const int x = b.input("x", {6});
  const int target = b.input("target", {2}, DType::kI64);
  b.step("ref", {x, target},
         {b.output("y", {Dim::symbol("?reshape.0"), Dim::symbol("?reshape.1")})}, op("Reshape"));
  Context context(load_engine(b.plan));
  std::vector<float> data = {1, 2, 3, 4, 5, 6};
  std::vector<int64_t> shape = {3, -1};
  expect_ok(context.set_address("x", data.data()));
  expect_ok(context.set_address("target", shape.data()));
  expect_ok(context.run());
  Shape result;
  expect_ok(context.shape("y", &result));
  EXPECT_EQ(result, (Shape{3, 2}));
  EXPECT_EQ(static_cast<const float*>(context.output_data("y"))[5], 6.0F);
}

TEST(DynamicRun, SaysWhenAShapeContradictsThePlan) {
  PlanBuilder b;
  const Dim c = Dim::symbol("?c");
  const int x = b.input("x", {4}), z = b.input("z", {4});
  const int first = b.arena({c}, Storage::kDynamic), second = b.arena({c}, Storage::kDynamic);
  b.step("test.positive", {x}, {first});
  b.step("test.positive", {z}, {second});  // takes c to be known: allocates what it finds
  b.step("test.add", {first, second}, {b.output("y", {c})});
  Context context(load_engine(b.plan));
  std::vector<float> one = {1, 1, 0, 0}, other = {1, 1, 1, 0};
  expect_ok(context.set_address("x", one.data()));
  expect_ok(context.set_address("z", one.data()));
  expect_ok(context.run());
  expect_ok(context.set_address("z", other.data()));
  const Status status = context.run();
  EXPECT_EQ(status.code(), StatusCode::kFailed);
  EXPECT_NE(status.message().find("came out as 3, not 2"), std::string::npos) << status.message();
}

TEST(RefStep, ReadsAndWritesWindows) {
  PlanBuilder b;
  const int x = b.input("x", {2, 4});
  const int all = b.arena({2, 4});
  b.step("ref", {b.window(x, 1, 0, {2, 2})}, {b.window(all, 1, 2, {2, 2})}, op("Neg"));
  b.step("ref", {b.window(x, 1, 2, {2, 2})}, {b.window(all, 1, 0, {2, 2})}, op("Abs"));
  b.step("ref", {all}, {b.output("y", {2, 4})}, op("Neg"));
  Context context(load_engine(b.plan));
  std::vector<float> data = {1, 2, -3, -4, 5, 6, -7, -8};
  expect_ok(context.set_address("x", data.data()));
  expect_ok(context.run());
  EXPECT_EQ(floats(context, "y"), (std::vector<float>{-3, -4, 1, 2, -7, -8, 5, 6}));
}

TEST(RefStep, NamesAnUnknownOperator) {
  PlanBuilder b;
  const int x = b.input("x", {2});
  b.step("ref", {x}, {b.output("y", {2})}, op("Negg"));
  Context context(load_engine(b.plan));
  const Status status = context.prepare();
  EXPECT_EQ(status.code(), StatusCode::kFailed);
  EXPECT_NE(status.message().find("op.unknown"), std::string::npos) << status.message();
}

}  // namespace
}  // namespace ingot
