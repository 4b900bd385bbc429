// Steps that compute wrongly: found by tactic and layer, told, and taken out of their precision. The
// fault is made here, by steps with other attributes than their nodes.
#include "compiler/driver/suspect_steps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "compiler/driver/accuracy_guard.h"
#include "compiler/driver/target.h"

namespace ingot {
namespace {

constexpr const char* kNetwork = R"(
  x: f32[1,4,6,6], w: const f32[4,4,3,3]
  a = Conv(x, w) {pads=[1,1,1,1]}   # origin: first
  b = Conv(a, w) {pads=[1,1,1,1]}   # origin: second
  y = Conv(b, w) {pads=[1,1,1,1]}   # origin: third
  return y
)";

class SuspectSteps : public testing::Test {
 protected:
  SuspectSteps() {
    options_.device = "cpu";
    options_.threads = 1;
    options_.optimization_level = 1;
    options_.force_int8 = true;
    options_.verify.tolerance = 0.1;
    allowed_.int8 = true;
    allowed_.ranges = std::make_shared<QuantizationRanges>(
        QuantizationRanges{{{"x", 1.0F / 127}, {"a", 4.0F / 127}, {"b", 16.0F / 127}}});
    sample_ =
        random_sample({{"x", DType::kF32, {1, 4, 6, 6}, {}}}, {{"x", Shape{1, 4, 6, 6}}}, {}, 1);
    stages_.emplace(options_);
    compiler_.emplace(parse_graph(kNetwork), options_, make_target(options_), &*stages_);
  }

  /// The chosen step of a layer pads otherwise than its node: the same shape, other numbers.
  static std::string spoil(Compilation* compilation, const std::string& layer) {
    for (NodeTuning& tuning : compilation->tuning.nodes) {
      const Node& node = compilation->graph.node(tuning.node);
      const bool is_it = node.is("Conv") && std::find(node.origin.begin(), node.origin.end(),
                                                      layer) != node.origin.end();
      if (!is_it) continue;
      Candidate& chosen = tuning.candidates[static_cast<size_t>(tuning.chosen)].candidate;
      chosen.attributes.set("pads", std::vector<int64_t>{0, 0, 2, 2});
      return chosen.tactic;
    }
    return "";
  }

  BuildOptions options_;
  Precisions allowed_;
  Sample sample_;
  std::optional<Stages> stages_;
  std::optional<Compiler> compiler_;
};

TEST_F(SuspectSteps, AreNoneWhereOnlyRoundingIs) {
  for (const bool int8 : {false, true}) {
    allowed_.int8 = int8;
    EXPECT_TRUE(suspect_steps(&*compiler_, compiler_->compile(allowed_), sample_).empty());
  }
}

TEST_F(SuspectSteps, AreNamedByTacticAndLayer) {
  for (const bool int8 : {false, true}) {
    SCOPED_TRACE(int8);
    allowed_.int8 = int8;
    Compilation compilation = compiler_->compile(allowed_);
    const std::string tactic = spoil(&compilation, "second");
    const auto found = suspect_steps(&*compiler_, compilation, sample_);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].tactic, tactic);
    EXPECT_EQ(found[0].layers[0], "second");
    EXPECT_EQ(found[0].type, int8 ? DType::kI8 : DType::kF32);
    EXPECT_GT(found[0].error, 0.2);
  }
}

TEST_F(SuspectSteps, AreToldByTheGuardWhichRaisesNothingElse) {
  Compilation compilation = compiler_->compile(allowed_);
  const std::string tactic = spoil(&compilation, "second");
  ChosenEngine engine = finish_engine(&*compiler_, std::move(compilation));
  BuildResult result;
  guard_accuracy(&*compiler_, allowed_, &engine, {sample_}, &result);
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_EQ(result.warnings[0].id, "accuracy.kernel_suspect");
  EXPECT_NE(result.warnings[0].what.find(tactic), std::string::npos) << result.warnings[0].what;
  EXPECT_NE(result.warnings[0].what.find("\"second\""), std::string::npos);
  EXPECT_NE(result.warnings[0].fix.find("--tactics=-"), std::string::npos);
  EXPECT_TRUE(result.accuracy.passed);
  EXPECT_EQ(result.accuracy.raised, std::vector<std::string>{"second"});
  EXPECT_EQ(engine.taken_out.at("second"), "its step computes wrongly in that precision");
}

TEST_F(SuspectSteps, InFp32AreToldToo) {
  allowed_.int8 = false;
  options_.verify.mode = VerifyMode::kWarn;
  Compilation compilation = compiler_->compile(allowed_);
  spoil(&compilation, "third");
  ChosenEngine engine = finish_engine(&*compiler_, std::move(compilation));
  BuildResult result;
  guard_accuracy(&*compiler_, allowed_, &engine, {sample_}, &result);
  ASSERT_EQ(result.warnings.size(), 2U);
  EXPECT_EQ(result.warnings[0].id, "accuracy.kernel_suspect");
  EXPECT_EQ(result.warnings[1].id, "accuracy.not_reached");
}

}  // namespace
}  // namespace ingot
