// What can be wrong at a run: names, shapes, addresses, data, threads. The context stays usable.
#include <atomic>
#include <thread>

#include "tests/errors/error_fixture.h"

namespace ingot {
namespace {

using namespace onnx::writing;  // NOLINT: models are written all over this file

using RunningErrors = ErrorTest;

/// y = a + b, whose rows are of one number that both share.
GraphWriter sum_of_rows() {
  return GraphWriter()
      .input("a", {"n", 4})
      .input("b", {"n", 4})
      .node("Add", {"a", "b"}, {"y"})
      .output("y");
}
const std::vector<Profile> kRows = {
    {{"a", {{1, 4}, {2, 4}, {8, 4}}}, {"b", {{1, 4}, {2, 4}, {8, 4}}}}};

TEST_F(RunningErrors, NamesProfilesAndShapes) {
  Context context(engine(sum_of_rows(), kRows));
  expect_status(context.set_shape("c", {1, 4}), StatusCode::kNotFound, "tensor.not_found", "\"c\"");
  expect_status(context.set_profile(1), StatusCode::kInvalid, "profile.not_found", "profile 1");
  expect_status(context.set_shape("y", {1, 4}), StatusCode::kInvalid, "shape.of_output", "\"y\"");
  expect_status(context.set_shape("a", {4}), StatusCode::kInvalid, "shape.wrong_rank", "\"a\"");
  expect_status(context.set_shape("a", {9, 4}), StatusCode::kOutOfProfile, "shape.out_of_profile",
                "1 to 8");
}

TEST_F(RunningErrors, SizesThatDisagree) {
  Context context(engine(sum_of_rows(), kRows));
  ASSERT_TRUE(context.set_shape("a", {2, 4}).ok());
  ASSERT_TRUE(context.set_shape("b", {3, 4}).ok());
  expect_status(context.prepare(), StatusCode::kInvalid, "shape.conflict", "2 and 3");
  ASSERT_TRUE(context.set_shape("b", {2, 4}).ok());
  EXPECT_TRUE(context.prepare().ok());
}

TEST_F(RunningErrors, AnInputWithoutMemory) {
  Context context(engine(sum_of_rows(), kRows));
  std::vector<float> a(8, 1), b(8, 2);
  ASSERT_TRUE(context.set_address("a", a.data()).ok());
  expect_status(context.run(), StatusCode::kNotReady, "input.no_address", "\"b\"");
  ASSERT_TRUE(context.set_address("b", b.data()).ok());
  ASSERT_TRUE(context.run().ok());
  EXPECT_EQ(static_cast<const float*>(context.output_data("y"))[7], 3);
}

TEST_F(RunningErrors, AStreamForAnEngineOnTheCpu) {
  Context context(engine(sum_of_rows(), kRows));
  ASSERT_TRUE(context.prepare().ok());
  expect_status(context.enqueue(nullptr), StatusCode::kInvalid, "enqueue.not_possible", "CPU");
}

TEST_F(RunningErrors, MoreAxesThanThereCanBe) {
  expect_problem(problems_of_action([] { Shape({1, 1, 1, 1, 1, 1, 1, 1, 1}); }),
                 "shape.too_many_axes", "9 axes");
}

TEST_F(RunningErrors, ShapesForWhichTheModelIsNotDefined) {
  Context context(engine(GraphWriter()
                             .input("x", {1, 1, "h", 8})
                             .initializer(floats("w", {1, 1, 3, 3}, std::vector<float>(9, 1)))
                             .node("Conv", {"x", "w"}, {"y"})
                             .output("y"),
                         {{{"x", {{1, 1, 1, 8}, {1, 1, 8, 8}, {1, 1, 8, 8}}}}}));
  ASSERT_TRUE(context.set_shape("x", {1, 1, 1, 8}).ok());
  expect_status(context.prepare(), StatusCode::kInvalid, "shape.invalid", "-1");
  ASSERT_TRUE(context.set_shape("x", {1, 1, 4, 8}).ok());
  EXPECT_TRUE(context.prepare().ok());
}

TEST_F(RunningErrors, AnIndexBeyondTheData) {
  Context context(engine(GraphWriter()
                             .input("x", {3, 4})
                             .input("i", {2}, onnx::kInt64)
                             .node("Gather", {"x", "i"}, {"y"}, {}, {"pick"})
                             .output("y")));
  std::vector<float> x(12, 1);
  int64_t index[2] = {0, 7};
  ASSERT_TRUE(context.set_address("x", x.data()).ok());
  ASSERT_TRUE(context.set_address("i", index).ok());
  expect_status(context.run(), StatusCode::kFailed, "step.failed", "\"pick\"");
  index[1] = 2;
  EXPECT_TRUE(context.run().ok());
}

/// Positions of what is not 0 in x, [1, n].
GraphWriter positions() { return GraphWriter().input("x", {6}).node("NonZero", {"x"}, {"p"}); }

TEST_F(RunningErrors, OutputsWhoseSizeOnlyTheRunKnows) {
  Context context(engine(positions().output("p")));
  std::vector<float> x = {0, 1, 0, 1, 1, 0};
  std::vector<int64_t> p(6);
  ASSERT_TRUE(context.set_address("x", x.data()).ok());
  expect_status(context.set_address("p", p.data()), StatusCode::kInvalid, "output.size_unknown",
                "\"p\"");
  size_t bytes = 0;
  expect_status(context.bytes("p", &bytes), StatusCode::kNotReady, "output.size_unknown", "\"p\"");
  ASSERT_TRUE(context.run().ok());
  EXPECT_TRUE(context.bytes("p", &bytes).ok());
  EXPECT_EQ(bytes, 24U);
}

TEST_F(RunningErrors, DataThatMakeSizesThatDoNotFit) {
  // n positions are added to 3 numbers: defined for n = 3 only.
  Context context(engine(positions()
                             .initializer(integers("three", {1, 2, 3}))
                             .node("Add", {"p", "three"}, {"y"})
                             .output("y")));
  std::vector<float> x = {1, 1, 1, 1, 1, 0};
  ASSERT_TRUE(context.set_address("x", x.data()).ok());
  const Status status = context.run();
  EXPECT_EQ(status.code(), StatusCode::kFailed) << status.message();
  EXPECT_NE(status.message().find("fix:"), std::string::npos) << status.message();
  x = {1, 0, 1, 0, 1, 0};
  EXPECT_TRUE(context.run().ok());
}

TEST_F(RunningErrors, TwoThreadsInOneContext) {
  std::vector<float> weights(256 * 256, 0.01F);
  Context context(engine(GraphWriter()
                             .input("x", {256, 256})
                             .initializer(floats("w", {256, 256}, weights))
                             .node("MatMul", {"x", "w"}, {"a"})
                             .node("MatMul", {"a", "w"}, {"b"})
                             .node("MatMul", {"b", "w"}, {"y"})
                             .output("y")));
  ASSERT_TRUE(context.set_address("x", weights.data()).ok());
  ASSERT_TRUE(context.run().ok());
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::thread other([&] {
    while (!stop) {
      const Status status = context.run();
      wrong += !status.ok() && status.code() != StatusCode::kBusy;
    }
  });
  Status seen;
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (seen.ok() && std::chrono::steady_clock::now() < limit) seen = context.set_profile(0);
  stop = true;
  other.join();
  expect_status(seen, StatusCode::kBusy, "context.busy", "another thread");
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(context.run().ok());
}

}  // namespace
}  // namespace ingot
