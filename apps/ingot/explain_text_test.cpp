// The explanation of an engine as text.
#include "apps/ingot/explain_text.h"

#include <gtest/gtest.h>

#include "ingot/error.h"

namespace ingot::apps {
namespace {

constexpr const char* kPlan = R"json({"detailed": false, "steps": [
  {"name": "/conv + /relu", "op": "Conv", "nodes": ["/conv", "/relu"], "tactic": "dnnl.conv/f32/c8",
   "inputs": [{"name": "x", "dtype": "f32", "shape": ["1", "3"], "layout": "plain"}],
   "outputs": [], "epilogue": "relu(in0)", "time_us": 30, "implementation": "jit",
   "candidates": [{"tactic": "dnnl.conv/f32/c8", "time_us": 30, "chosen": true},
                  {"tactic": "dnnl.conv/f32/nhwc", "time_us": null}],
   "rejected": [{"tactic": "dnnl.inner_product", "reason": "the kernel is 3x3"}]},
  {"name": "/pool", "op": "MaxPool", "nodes": ["/pool"], "tactic": "ref", "inputs": [],
   "outputs": [], "time_us": 10, "slow": true}],
  "precision": {"layers": {"INT8": 1, "FP32": 1}, "decisions": ["INT8 is faster"],
                "kept": [{"reason": "FP32 stays: no range", "layers": ["/pool"]}]},
  "accuracy": {"tolerance": 0.1, "data": "8 random samples", "reference": "FP32 on the CPU",
               "outputs": [{"name": "y", "relative": 0.02, "cosine": 0.999}]},
  "near_misses": [{"pass": "fuse_epilogue", "node": "/pool", "reason": "two readers"}]})json";

TEST(ExplainText, TellsTimeShareCandidatesAndReasons) {
  const std::string text = explain_plan_text(kPlan, "");
  EXPECT_TRUE(text.starts_with("2 steps, 40.0 us in all")) << text;
  EXPECT_NE(text.find("0  Conv /conv + /relu  30.0 us, 75.0 %"), std::string::npos) << text;
  EXPECT_NE(text.find("x f32[1,3] plain"), std::string::npos) << text;
  EXPECT_NE(text.find("*     30.0 us  dnnl.conv/f32/c8"), std::string::npos) << text;
  EXPECT_NE(text.find("not timed  dnnl.conv/f32/nhwc"), std::string::npos) << text;
  EXPECT_NE(text.find("dnnl.inner_product: the kernel is 3x3"), std::string::npos) << text;
  EXPECT_NE(text.find("slow: a reference step"), std::string::npos) << text;
  EXPECT_NE(text.find("fuse_epilogue at \"/pool\": two readers"), std::string::npos) << text;
}

TEST(ExplainText, TellsPrecisionsAndAccuracy) {
  const std::string text = explain_plan_text(kPlan, "");
  for (const char* words :
       {"layers by precision: INT8 1, FP32 1", "INT8 is faster", "FP32 stays: no range: /pool",
        "accuracy against FP32 on the CPU on 8 random samples, tolerance 0.1",
        "y: relative error 2.00e-02, cosine 0.999000"}) {
    EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
  }
}

TEST(ExplainText, AGlobChoosesStepsByNameOrByOnnxNode) {
  const std::string text = explain_plan_text(kPlan, "/re*");
  EXPECT_NE(text.find("/conv + /relu"), std::string::npos);
  EXPECT_EQ(text.find("/pool"), std::string::npos);
}

TEST(ExplainText, ToleratesMissingMembersAndRefusesWhatIsNoJson) {
  EXPECT_TRUE(explain_plan_text(R"({"steps": [{}]})", "").starts_with("1 steps"));
  try {
    explain_plan_text("nonsense", "");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.problems()[0].id, "explain.unreadable");
  }
}

TEST(ExplainText, AModelShowsItsNodesAndThePassesThatChangedIt) {
  const std::string text = explain_model_text(
      R"({"nodes": [{"op": "Conv", "nodes": ["/conv"], "attributes": "{}",
          "outputs": [{"name": "y", "dtype": "f32", "shape": "[1,4]"}]}],
          "passes": [{"name": "fold", "changed": true, "seconds": 0.5},
                     {"name": "other", "changed": false, "seconds": 1}]})",
      "");
  EXPECT_NE(text.find("out y f32[1,4]"), std::string::npos) << text;
  EXPECT_NE(text.find("fold"), std::string::npos) << text;
  EXPECT_EQ(text.find("other"), std::string::npos) << text;
}

}  // namespace
}  // namespace ingot::apps
