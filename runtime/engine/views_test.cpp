// Windows, reshaped views, memory that is taken over, and outputs that are not their own memory.
#include <gtest/gtest.h>

#include <numeric>

#include "core/base/error.h"
#include "ingot/engine.h"
#include "runtime/engine/test_support.h"

namespace ingot {
namespace {

using test::counters;
using test::PlanBuilder;

std::vector<float> sequence(size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 1.0F);
  return values;
}

void expect_ok(const Status& status) { EXPECT_TRUE(status.ok()) << status.message(); }

// Runs a plan with one input "x" and returns its outputs.
std::vector<std::vector<float>> run(Plan plan, std::vector<float> x) {
  const auto engine = load_engine(std::move(plan));
  Context context(engine);
  expect_ok(context.set_address("x", x.data()));
  std::vector<std::vector<float>> results;
  for (const TensorInfo& info : engine->outputs()) {
    size_t bytes = 0;
    expect_ok(context.bytes(info.name, &bytes));
    results.emplace_back(bytes / sizeof(float));
  }
  for (size_t i = 0; i < results.size(); ++i) {
    expect_ok(context.set_address(engine->outputs()[i].name, results[i].data()));
  }
  expect_ok(context.run());
  return results;
}

TEST(Views, ConcatenateInPlaceAlongAnInnerAxis) {
  PlanBuilder b;
  const int x = b.input("x", {2, 2});
  const int all = b.arena({2, 4});
  b.step("test.copy", {x}, {b.window(all, 1, 0, {2, 2})});
  b.step("test.add", {x, x}, {b.window(all, 1, 2, {2, 2})});
  b.step("test.copy", {all}, {b.output("y", {2, 4})});
  EXPECT_EQ(run(b.plan, {1, 2, 3, 4})[0], (std::vector<float>{1, 2, 2, 4, 3, 4, 6, 8}));
}

TEST(Views, OfOneBatchAreDenseToTheStep) {
  for (const int64_t batch : {1, 2}) {
    PlanBuilder b;
    const int x = b.input("x", {batch, 2, 3});
    const int all = b.arena({batch, 4, 3});
    b.step("test.copy", {x}, {b.window(all, 1, 2, {batch, 2, 3})});
    b.step("test.twice", {all}, {b.output("y", {batch, 4, 3})});
    run(b.plan, sequence(static_cast<size_t>(batch) * 6));
    EXPECT_EQ(counters().last_dense, batch == 1);
  }
}

TEST(Views, OfViewsAlongOtherAxesHaveTheRootsStrides) {
  PlanBuilder b;
  const int x = b.input("x", {4, 5});
  const int rows = b.window(x, 0, 1, {2, 5});
  const int cells = b.window(rows, 1, 2, {2, 2});
  const int cell = b.window(cells, 1, 1, {2, 1});
  b.step("test.copy", {cells}, {b.output("y", {2, 2})});
  b.step("test.copy", {cell}, {b.output("z", {2, 1})});
  const auto results = run(b.plan, sequence(20));
  EXPECT_EQ(results[0], (std::vector<float>{8, 9, 13, 14}));
  EXPECT_EQ(results[1], (std::vector<float>{9, 14}));
}

TEST(Views, ReshapeTheirParentsBytes) {
  PlanBuilder b;
  const int x = b.input("x", {2, 6});
  const int sum = b.arena({2, 6});
  b.step("test.add", {x, x}, {sum});
  const int cube = b.reshaped(sum, {2, 3, 2});
  b.step("test.copy", {b.window(cube, 1, 1, {2, 1, 2})}, {b.output("y", {2, 1, 2})});
  EXPECT_EQ(run(b.plan, sequence(12))[0], (std::vector<float>{6, 8, 18, 20}));
}

TEST(Views, OfStridedWindowsCannotBeReshaped) {
  PlanBuilder b;
  const int x = b.input("x", {2, 4});
  const int flat = b.reshaped(b.window(x, 1, 0, {2, 2}), {4});
  b.step("test.copy", {flat}, {b.output("y", {4})});
  EXPECT_THROW(load_engine(b.plan), Error);
}

TEST(Views, WithSymbolicOffsetsMoveWithTheShape) {
  PlanBuilder b;
  const Dim n = Dim::symbol("n");
  const int x = b.input("x", {n});
  b.step("test.copy", {b.window(x, 0, n - 2, {2})}, {b.output("y", {2})});
  b.range("n", 2, 4, 9);
  const auto engine = load_engine(b.plan);
  Context context(engine);
  auto x_data = sequence(9);
  expect_ok(context.set_address("x", x_data.data()));
  for (const int64_t size : {4, 9, 2}) {
    expect_ok(context.set_shape("x", {size}));
    expect_ok(context.run());
    EXPECT_EQ(static_cast<const float*>(context.output_data("y"))[1], static_cast<float>(size));
  }
}

TEST(Views, ThatLeaveTheirParentForSomeShapesAreRefusedThere) {
  PlanBuilder b;
  const Dim n = Dim::symbol("n");
  const int x = b.input("x", {n});
  b.step("test.copy", {b.window(x, 0, 3, {2})}, {b.output("y", {2})});
  b.range("n", 1, 5, 9);
  Context context(load_engine(b.plan));
  expect_ok(context.set_shape("x", {5}));
  expect_ok(context.prepare());
  expect_ok(context.set_shape("x", {4}));
  EXPECT_EQ(context.prepare().code(), StatusCode::kInvalid);
}

TEST(Memory, IsTakenOverInPlace) {
  PlanBuilder b;
  const int x = b.input("x", {4});
  const int first = b.arena({4}), second = b.arena({4});
  b.plan.values[static_cast<size_t>(second)].in_place_of = first;
  b.step("test.add", {x, x}, {first});
  b.step("test.copy", {first}, {second});
  b.step("test.twice", {second}, {b.output("y", {4})});
  EXPECT_EQ(run(b.plan, sequence(4))[0], (std::vector<float>{4, 8, 12, 16}));
  EXPECT_EQ(counters().last_input, counters().last_output);
}

TEST(Memory, IsReusedAlongAChain) {
  PlanBuilder b;
  int value = b.input("x", {1024});
  for (int i = 0; i < 20; ++i) {
    const int next = b.arena({1024});
    b.step("test.add", {value, value}, {next});
    value = next;
  }
  b.step("test.copy", {value}, {b.output("y", {1024})});
  const auto engine = load_engine(b.plan);
  Context context(engine);
  expect_ok(context.prepare());
  EXPECT_EQ(context.arena_bytes(), 2U * 4096);
  EXPECT_EQ(engine->info().arena_bytes_at_opt, 2U * 4096);
}

TEST(Outputs, MayBeAnInputAConstantOrOneValueTwice) {
  PlanBuilder b;
  const int x = b.input("x", {4});
  const int c = b.constant({2}, {5, 6});
  const int y = b.output("y", {4});
  b.step("test.add", {x, x}, {y});
  b.also_output("x_again", x);
  b.also_output("y_again", y);
  b.also_output("c", c);
  b.also_output("part", b.window(y, 0, 1, {2}));
  const auto results = run(b.plan, {1, 2, 3, 4});
  EXPECT_EQ(results[0], (std::vector<float>{2, 4, 6, 8}));
  EXPECT_EQ(results[1], (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(results[2], (std::vector<float>{2, 4, 6, 8}));
  EXPECT_EQ(results[3], (std::vector<float>{5, 6}));
  EXPECT_EQ(results[4], (std::vector<float>{4, 6}));
}

TEST(Outputs, ThatAreStridedWindowsAreGathered) {
  PlanBuilder b;
  const int x = b.input("x", {2, 3});
  const int sum = b.arena({2, 3});
  b.step("test.add", {x, x}, {sum});
  b.also_output("y", b.window(sum, 1, 1, {2, 2}));
  EXPECT_EQ(run(b.plan, {1, 2, 3, 4, 5, 6})[0], (std::vector<float>{4, 6, 10, 12}));
  Context context(load_engine(b.plan));
  std::vector<float> data = {1, 2, 3, 4, 5, 6};
  expect_ok(context.set_address("x", data.data()));
  expect_ok(context.run());
  EXPECT_EQ(static_cast<const float*>(context.output_data("y"))[2], 10.0F);
}

}  // namespace
}  // namespace ingot
