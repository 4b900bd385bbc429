// Contexts: shapes, addresses, memory, threads, failures.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <numeric>
#include <thread>

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

const Dim kBatch = Dim::symbol("batch");

// y = (x + x) * 2, rows of 4, 1 to 8 of them.
Plan double_plan() {
  PlanBuilder b;
  const int x = b.input("x", {kBatch, 4});
  const int sum = b.arena({kBatch, 4});
  const int y = b.output("y", {kBatch, 4});
  b.step("test.add", {x, x}, {sum});
  b.step("test.twice", {sum}, {y});
  b.range("batch", 1, 2, 8);
  return b.plan;
}

void expect_ok(const Status& status) { EXPECT_TRUE(status.ok()) << status.message(); }

TEST(Context, RunsIntoTheCallersMemory) {
  Context context(load_engine(double_plan()));
  const auto x = sequence(12);
  std::vector<float> y(12);
  expect_ok(context.set_shape("x", {3, 4}));
  expect_ok(context.set_address("x", const_cast<float*>(x.data())));
  expect_ok(context.set_address("y", y.data()));
  expect_ok(context.run());
  for (size_t i = 0; i < 12; ++i) EXPECT_EQ(y[i], x[i] * 4);
  EXPECT_EQ(context.output_data("y"), y.data());
}

TEST(Context, FollowsNewAddressesAndShapes) {
  Context context(load_engine(double_plan()));
  for (const int64_t batch : {1, 3, 8, 3, 2}) {
    const auto x = sequence(static_cast<size_t>(batch) * 4);
    std::vector<float> y(x.size());
    expect_ok(context.set_shape("x", {batch, 4}));
    expect_ok(context.set_address("x", const_cast<float*>(x.data())));
    expect_ok(context.set_address("y", y.data()));
    expect_ok(context.run());
    for (size_t i = 0; i < x.size(); ++i) EXPECT_EQ(y[i], x[i] * 4);
  }
}

TEST(Context, UsesTheOptShapeWhereNoneIsSet) {
  Context context(load_engine(double_plan()));
  Shape shape;
  size_t bytes = 0;
  expect_ok(context.shape("x", &shape));
  EXPECT_EQ(shape, (Shape{2, 4}));
  expect_ok(context.bytes("y", &bytes));
  EXPECT_EQ(bytes, 32U);
}

TEST(Context, OwnsOutputsWithoutAnAddress) {
  Context context(load_engine(double_plan()));
  auto x = sequence(8);
  expect_ok(context.set_address("x", x.data()));
  expect_ok(context.run());
  const auto* y = static_cast<const float*>(context.output_data("y"));
  ASSERT_NE(y, nullptr);
  EXPECT_EQ(y[7], 32.0F);
}

TEST(Context, TakesMisalignedAddresses) {
  Context context(load_engine(double_plan()));
  const auto x = sequence(8);
  std::vector<char> in(33), out(33);
  std::memcpy(in.data() + 1, x.data(), 32);
  expect_ok(context.set_address("x", in.data() + 1));
  expect_ok(context.set_address("y", out.data() + 1));
  expect_ok(context.run());
  float last = 0;
  std::memcpy(&last, out.data() + 29, 4);
  EXPECT_EQ(last, 32.0F);
}

TEST(Context, KeepsItsScratchMemoryWhenShapesShrink) {
  Context context(load_engine(double_plan()));
  expect_ok(context.set_shape("x", {8, 4}));
  expect_ok(context.prepare());
  const size_t most = context.arena_bytes();
  EXPECT_GE(most, 2U * 8 * 4 * 4);
  expect_ok(context.set_shape("x", {1, 4}));
  expect_ok(context.prepare());
  EXPECT_EQ(context.arena_bytes(), most);
}

TEST(Context, NamesTheNearestTensors) {
  PlanBuilder b;
  const int x = b.input("images", {1, 4});
  b.step("test.copy", {x}, {b.output("scores", {1, 4})});
  Context context(load_engine(b.plan));
  const Status status = context.set_shape("image", {1, 4});
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_NE(status.message().find("\"images\""), std::string::npos) << status.message();
  EXPECT_EQ(context.set_address("score", nullptr).code(), StatusCode::kNotFound);
  EXPECT_EQ(context.set_shape("scores", {1, 4}).code(), StatusCode::kInvalid);
}

TEST(Context, SaysWhichAxisIsOutsideTheProfileAndHowToAllowIt) {
  Context context(load_engine(double_plan()));
  const Status status = context.set_shape("x", {9, 4});
  EXPECT_EQ(status.code(), StatusCode::kOutOfProfile);
  EXPECT_EQ(status.message(),
            "error[shape.out_of_profile]: input \"x\": 9x4 is outside profile 0\n"
            "  where: axis 0 is 9, the profile allows 1 to 8\n"
            "  fix:   rebuild with --maxShapes=x:9x4, or resize the input");
  EXPECT_NE(context.set_shape("x", {0, 4}).message().find("--minShapes=x:0x4"), std::string::npos);
  EXPECT_NE(context.set_shape("x", {2, 5}).message().find("the engine allows 4"),
            std::string::npos);
  EXPECT_EQ(context.set_shape("x", {2, 4, 1}).code(), StatusCode::kInvalid);
}

TEST(Context, PointsToTheProfileThatAllowsTheShape) {
  Plan plan = double_plan();
  plan.profiles.push_back({{{"batch", 16, 16, 32}}});
  Context context(load_engine(plan));
  EXPECT_NE(context.set_shape("x", {20, 4}).message().find("--useProfile=1"), std::string::npos);
  expect_ok(context.set_profile(1));
  expect_ok(context.set_shape("x", {20, 4}));
  EXPECT_EQ(context.set_profile(2).code(), StatusCode::kInvalid);
}

Plan two_input_plan() {
  PlanBuilder b;
  const int left = b.input("left", {kBatch, 2}), right = b.input("right", {kBatch, 2});
  b.step("test.add", {left, right}, {b.output("y", {kBatch, 2})});
  b.range("batch", 1, 1, 8);
  return b.plan;
}

TEST(Context, NamesBothInputsThatDisagreeAboutASymbol) {
  Context context(load_engine(two_input_plan()));
  expect_ok(context.set_shape("left", {4, 2}));
  expect_ok(context.set_shape("right", {2, 2}));
  const Status status = context.prepare();
  EXPECT_EQ(status.code(), StatusCode::kInvalid);
  EXPECT_NE(status.message().find("\"left\" and \"right\" disagree about \"batch\": 4 and 2"),
            std::string::npos)
      << status.message();
}

TEST(Context, LetsInputsWithoutAShapeFollowTheOthers) {
  Context context(load_engine(two_input_plan()));
  expect_ok(context.set_shape("right", {4, 2}));
  Shape shape;
  expect_ok(context.shape("left", &shape));
  EXPECT_EQ(shape, (Shape{4, 2}));
}

TEST(Context, IsNotReadyWithoutTheAddressOfAnInput) {
  Context context(load_engine(double_plan()));
  const Status status = context.run();
  EXPECT_EQ(status.code(), StatusCode::kNotReady);
  EXPECT_NE(status.message().find("\"x\""), std::string::npos);
}

TEST(Context, RefusesASecondThreadAndStaysUsable) {
  PlanBuilder b;
  const int x = b.input("x", {4});
  b.step("test.wait", {x}, {});
  b.step("test.copy", {x}, {b.output("y", {4})});
  Context context(load_engine(b.plan));
  auto values = sequence(4);
  expect_ok(context.set_address("x", values.data()));
  expect_ok(context.prepare());
  counters().hold = true;
  Status first;
  std::thread thread([&] { first = context.run(); });
  while (!counters().waiting) std::this_thread::yield();
  EXPECT_EQ(context.run().code(), StatusCode::kBusy);
  EXPECT_EQ(context.set_shape("x", {4}).code(), StatusCode::kBusy);
  counters().hold = false;
  thread.join();
  expect_ok(first);
  expect_ok(context.run());
}

TEST(Context, NamesTheStepThatFailedAndItsNodes) {
  PlanBuilder b;
  const int x = b.input("x", {4});
  const int y = b.output("y", {4});
  b.step("test.copy", {x}, {y});
  b.step("test.fail", {y}, {});
  Context context(load_engine(b.plan));
  auto values = sequence(4);
  expect_ok(context.set_address("x", values.data()));
  const Status status = context.run();
  EXPECT_EQ(status.code(), StatusCode::kFailed);
  for (const char* word :
       {"step 1 \"step1\"", "index 7 is out of range", "/node1", "test.fail/f32"}) {
    EXPECT_NE(status.message().find(word), std::string::npos) << status.message();
  }
}

TEST(Context, SaysHowMuchMemoryCannotBeHad) {
  PlanBuilder b;
  const Dim n = Dim::symbol("n");
  const int x = b.input("x", {n});
  const int big = b.arena({n, 1 << 20});
  b.step("test.copy", {x}, {big});
  b.step("test.copy", {big}, {b.output("y", {n})});
  b.range("n", 1, 1, int64_t{1} << 30);
  Context context(load_engine(b.plan));
  expect_ok(context.set_shape("x", {1 << 24}));
  const Status status = context.prepare();
  EXPECT_EQ(status.code(), StatusCode::kOutOfMemory);
  EXPECT_NE(status.message().find("MiB of scratch memory"), std::string::npos) << status.message();
  expect_ok(context.set_shape("x", {1}));
  expect_ok(context.prepare());
}

TEST(Context, SharesPreparedStepsWithContextsOfEqualShapes) {
  const auto engine = load_engine(double_plan());
  Context first(engine), second(engine);
  const int before = counters().prepared;
  expect_ok(first.prepare());
  expect_ok(second.prepare());
  EXPECT_EQ(counters().prepared - before, 2);  // two steps, once each
}

TEST(Context, RunsBesideOtherContextsOfItsEngine) {
  const auto engine = load_engine(double_plan());
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      Context context(engine);
      auto x = sequence(32);
      std::vector<float> y(32);
      bool ok = context.set_address("x", x.data()).ok() && context.set_address("y", y.data()).ok();
      for (int64_t i = 0; i < 50; ++i) {
        const int64_t batch = 1 + (i + thread) % 8;
        y.assign(32, 0);
        ok = ok && context.set_shape("x", {batch, 4}).ok() && context.run().ok();
        for (size_t j = 0; j < static_cast<size_t>(batch) * 4; ++j) ok = ok && y[j] == x[j] * 4;
      }
      if (!ok) ++wrong;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Context, ForgetsTheShapesUsedLongestAgo) {
  Plan plan = double_plan();
  plan.profiles[0].symbols[0].max = 20;
  Context context(load_engine(plan));
  const auto prepared_for = [&](int64_t batch) {
    const int before = counters().prepared;
    expect_ok(context.set_shape("x", {batch, 4}));
    expect_ok(context.prepare());
    return counters().prepared - before;
  };
  for (int64_t batch = 1; batch <= 8; ++batch) EXPECT_EQ(prepared_for(batch), 2);
  EXPECT_EQ(prepared_for(1), 0);  // 2 is the oldest now
  EXPECT_EQ(prepared_for(9), 2);
  EXPECT_EQ(prepared_for(1), 0);
  EXPECT_EQ(prepared_for(2), 2);
}

TEST(Context, CollectsTheTimesOfStepsWhileProfiling) {
  Context context(load_engine(double_plan()));
  auto x = sequence(8);
  expect_ok(context.set_address("x", x.data()));
  expect_ok(context.run());
  context.set_profiling(true);
  expect_ok(context.run());
  expect_ok(context.run());
  const auto times = context.take_step_times();
  ASSERT_EQ(times.size(), 2U);
  EXPECT_EQ(times[1].name, "step1");
  EXPECT_EQ(times[1].tactic, "test.twice/f32");
  EXPECT_EQ(times[0].times_ms.size(), 2U);
  EXPECT_TRUE(context.take_step_times()[0].times_ms.empty());
}

TEST(Context, MovesWithItsState) {
  Context context(load_engine(double_plan()));
  auto x = sequence(8);
  expect_ok(context.set_address("x", x.data()));
  expect_ok(context.run());
  Context moved = std::move(context);
  expect_ok(moved.run());
  EXPECT_NE(moved.output_data("y"), nullptr);
}

}  // namespace
}  // namespace ingot
