// The fixture fails where it should.
#include <gtest/gtest-spi.h>

#include "tests/gpu/gpu_step_test.h"

namespace ingot {
namespace {

class FixtureTest : public GpuStepTest {};

TEST_F(FixtureTest, FailsWhereNoCandidateRan) {
  EXPECT_NONFATAL_FAILURE(check("Exp", "{}", {random({3})}, {.tactic = "jit.softmax"}),
                          "candidates of \"jit.softmax\"");
}

TEST_F(FixtureTest, FailsWhereATacticSaysNo) {
  testing::TestPartResultArray failures;
  {
    testing::ScopedFakeTestPartResultReporter reporter(&failures);
    check("Add", "{}", {random({3}, DType::kI64), random({3}, DType::kI64)},
          {.tactic = "jit.pointwise", .min_candidates = 0});
  }
  ASSERT_EQ(failures.size(), 1);
  EXPECT_NE(std::string(failures.GetTestPartResult(0).message()).find("says no"),
            std::string::npos);
}

TEST_F(FixtureTest, FailsWhereNumbersDiffer) {
  testing::TestPartResultArray failures;
  {
    testing::ScopedFakeTestPartResultReporter reporter(&failures);
    check("Mish", "{}", {random({300}, DType::kF32, 5)},
          {.tactic = "jit.pointwise", .tolerance = 1e-12F});
  }
  ASSERT_GT(failures.size(), 0);
  EXPECT_NE(std::string(failures.GetTestPartResult(0).message()).find("of 300 are wrong"),
            std::string::npos);
}

TEST_F(FixtureTest, FailsWhereATacticSaysYesUnexpectedly) {
  EXPECT_NONFATAL_FAILURE(expect_no("Exp", "{}", {random({3})}, "jit.pointwise", ""), "says yes");
}

TEST_F(FixtureTest, NamesWhatRan) {
  check("Exp", "{}", {random({1, 2, 3, 4}, DType::kF16)}, {.tactic = "jit.pointwise*/nhwc"});
  ASSERT_EQ(ran_.size(), 1U);
  EXPECT_EQ(ran_[0], "jit.pointwise/f16/" + target().gpu.architecture + "/nhwc");
}

}  // namespace
}  // namespace ingot
