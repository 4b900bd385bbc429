// Semantic checks: one broken plan each.
#include "core/plan/validate.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/base/error.h"

namespace ingot {
namespace {

// x -> a (arena) -> y, with a window `v` of a.
Plan small_plan() {
  Plan plan;
  const auto value = [&](std::string name, const SymbolicShape& shape, Storage storage) {
    PlanValue v;
    v.name = std::move(name);
    v.dtype = DType::kF32;
    v.dims = plan.dim_indices(shape);
    v.storage = storage;
    plan.values.push_back(v);
  };
  value("x", {2, 8}, Storage::kInput);
  value("a", {2, 8}, Storage::kArena);
  value("v", {2, 4}, Storage::kView);
  value("b", {2, 8}, Storage::kArena);
  value("y", {2, 4}, Storage::kOutput);
  value("k", {3}, Storage::kConstant);
  plan.values[2].parent = 1;
  plan.values[2].axis = 1;
  plan.values[2].offset = plan.dim_index(4);
  plan.values[5].constant = 0;
  static const std::vector<std::byte> bytes(64);
  plan.constants.push_back({DType::kF32, {3}, "", bytes, nullptr});
  plan.steps.push_back({"first", "k1", "t", {}, {0}, {1}, {}});
  plan.steps.push_back({"second", "k2", "t", {}, {2, 5}, {3}, {}});
  plan.steps.push_back({"third", "k3", "t", {}, {3}, {4}, {}});
  plan.inputs.push_back({"x", 0});
  plan.outputs.push_back({"y", 4});
  return plan;
}

std::string problem_of(const std::function<void(Plan&)>& change) {
  Plan plan = small_plan();
  change(plan);
  try {
    validate_plan(plan, "a.plan");
  } catch (const Error& error) {
    EXPECT_EQ(error.problems().front().id, "plan.malformed");
    return error.problems().front().to_string();
  }
  return "";
}

#define EXPECT_PROBLEM(text, ...)                                                      \
  EXPECT_NE(problem_of([](Plan& plan) { __VA_ARGS__; }).find(text), std::string::npos) \
      << problem_of([](Plan& plan) { __VA_ARGS__; })

TEST(ValidatePlan, AcceptsAGoodPlan) {
  EXPECT_EQ(problem_of([](Plan&) {}), "");
}

TEST(ValidatePlan, NamesTheStepThatReadsTooEarly) {
  EXPECT_PROBLEM("it reads \"b\" before that is made", plan.steps[0].inputs[0] = 3);
  EXPECT_PROBLEM("step 0 \"first\"", plan.steps[0].inputs[0] = 3);
}

TEST(ValidatePlan, RefusesIndicesOutOfRange) {
  EXPECT_PROBLEM("input value 77 does not exist", plan.steps[1].inputs[0] = 77);
  EXPECT_PROBLEM("output value -5 does not exist", plan.steps[1].outputs[0] = -5);
  EXPECT_PROBLEM("dim 99 does not exist", plan.values[1].dims[0] = 99);
  EXPECT_PROBLEM("its parent 99 does not exist", plan.values[2].parent = 99);
  EXPECT_PROBLEM("its constant does not exist", plan.values[5].constant = 1);
  EXPECT_PROBLEM("its offset does not exist", plan.values[2].offset = 99);
  EXPECT_PROBLEM("value 99 does not exist", plan.outputs[0].value = 99);
}

TEST(ValidatePlan, RefusesViewsInACircle) {
  EXPECT_PROBLEM("circle", plan.values[2].parent = 2);
  EXPECT_PROBLEM("circle", plan.values[3].storage = Storage::kView; plan.values[3].parent = 2;
                 plan.values[2].parent = 3);
}

TEST(ValidatePlan, RefusesWindowsOutsideTheirParent) {
  EXPECT_PROBLEM("outside its parent's 8", plan.values[2].offset = plan.dim_index(5));
  EXPECT_PROBLEM("outside its parent's 8", plan.values[2].offset = plan.dim_index(-1));
  EXPECT_PROBLEM("axis 0 is 3", plan.values[2].dims[0] = plan.dim_index(3));
}

TEST(ValidatePlan, RefusesSizesThatOverflow) {
  EXPECT_PROBLEM("overflows", plan.values[1].dims[0] = plan.dim_index(int64_t{1} << 62);
                 plan.values[2].dims[0] = plan.values[1].dims[0]);
  EXPECT_PROBLEM("negative", plan.values[1].dims[0] = plan.dim_index(-2));
}

TEST(ValidatePlan, RefusesWritesIntoInputsConstantsAndTwice) {
  EXPECT_PROBLEM("an input or constant", plan.steps[1].outputs[0] = 0);
  EXPECT_PROBLEM("an input or constant", plan.steps[1].outputs[0] = 5);
  EXPECT_PROBLEM("written twice", plan.steps[2].outputs.push_back(3));
}

TEST(ValidatePlan, RefusesConstantsWithoutEnoughBytes) {
  EXPECT_PROBLEM("its shape needs 12",
                 plan.constants[0].bytes = plan.constants[0].bytes.subspan(0, 8));
  EXPECT_PROBLEM("makes no sense", plan.constants[0].format = "f32 dims=3 padded=2 strides=1");
  EXPECT_PROBLEM("packed format", plan.constants[0].format = "nonsense");
  EXPECT_PROBLEM("does not hold", plan.constants[0].format = "f32 dims=4 padded=4 strides=1");
}

TEST(ValidatePlan, RefusesToTakeOverMemoryThatIsStillRead) {
  EXPECT_EQ(problem_of([](Plan& plan) { plan.values[3].in_place_of = 1; }), "");
  EXPECT_PROBLEM("alive beside it", plan.values[3].in_place_of = 1;
                 plan.steps[2].inputs.push_back(1));
  EXPECT_PROBLEM("a window", plan.values[3].in_place_of = 2);
  EXPECT_PROBLEM("only one arena value", plan.values[3].in_place_of = 0);
}

TEST(ValidatePlan, RefusesInputSymbolsWithoutARange) {
  EXPECT_PROBLEM("no range", plan.values[0].dims[0] = plan.dim_index(Dim::symbol("n")));
  EXPECT_PROBLEM("neither constant nor symbol",
                 plan.values[0].dims[0] = plan.dim_index(Dim::symbol("n") * 2));
  EXPECT_PROBLEM("min 3", plan.profiles.push_back({{{"n", 3, 2, 4}}}));
}

TEST(ValidatePlan, RefusesStepsWithoutKindOrWithOneName) {
  EXPECT_PROBLEM("no kind", plan.steps[0].kind = "");
  EXPECT_PROBLEM("two steps", plan.steps[1].name = "first");
}

}  // namespace
}  // namespace ingot
