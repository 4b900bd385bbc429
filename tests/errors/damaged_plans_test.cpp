// Engine files that are cut off, damaged, or of another machine: an error that names the place,
// never a crash.
#include <set>

#include "core/plan/container.h"
#include "core/plan/reader.h"
#include "core/plan/writer.h"
#include "tests/errors/error_fixture.h"

namespace ingot {
namespace {

using namespace onnx::writing;  // NOLINT

class DamagedPlans : public ErrorTest {
 protected:
  void SetUp() override {
    ErrorTest::SetUp();
    engine(GraphWriter()
               .input("x", {1, 3, 8, 8})
               .initializer(floats("w", {4, 3, 3, 3}, std::vector<float>(108, 0.1F)))
               .node("Conv", {"x", "w"}, {"a"})
               .node("Relu", {"a"}, {"y"})
               .output("y"));
    bytes_ = *plan_;
  }
  std::vector<Problem> loading(std::span<const std::byte> bytes) const {
    return problems_of_action([&] { Engine::load(bytes); });
  }
  std::vector<std::byte> with_device(const std::string& device) const {
    Plan plan = read_plan(bytes_, nullptr, "plan");
    plan.device = device;
    return write_plan(plan);
  }
  std::vector<std::byte> bytes_;
};

TEST_F(DamagedPlans, CutOffInEverySection) {
  const PlanContainer container = read_container(bytes_, "plan");
  ASSERT_GE(container.sections.size(), 3U);
  std::set<size_t> cuts = {1, 8, kPlanHeaderBytes - 1, kPlanHeaderBytes, kPlanHeaderBytes + 40};
  for (const PlanSection& section : container.sections) {
    for (size_t inside : {size_t{0}, size_t{1}, section.bytes.size() / 2}) {
      cuts.insert(section.offset + std::min(inside, section.bytes.size()));
    }
  }
  cuts.insert(bytes_.size() - 1);
  for (size_t cut : cuts) {
    if (cut >= bytes_.size()) continue;
    SCOPED_TRACE(cut);
    const auto problems = loading(std::span(bytes_).first(cut));
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].id, "plan.truncated") << problems[0].to_string();
    EXPECT_FALSE(problems[0].fix.empty());
  }
}

TEST_F(DamagedPlans, AFlippedBitInEverySection) {
  const PlanContainer container = read_container(bytes_, "plan");
  for (const PlanSection& section : container.sections) {
    if (section.bytes.empty()) continue;
    std::vector<std::byte> damaged = bytes_;
    damaged[section.offset + section.bytes.size() / 2] ^= std::byte{4};
    expect_problem(loading(damaged), "plan.checksum", section.name);
  }
}

TEST_F(DamagedPlans, OfAnotherCpuAreRepackedAndRun) {
  const std::vector<std::byte> other =
      with_device("cpu Imaginary 9000 avx512, 1 thread, oneDNN 3.2.0");
  const auto loaded = Engine::load(other);
  EXPECT_TRUE(loaded->info().repacked_at_load);
  Context context(loaded);
  std::vector<float> x(192, 1);
  ASSERT_TRUE(context.set_address("x", x.data()).ok());
  const Status status = context.run();
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_NEAR(static_cast<const float*>(context.output_data("y"))[0], 2.7F, 1e-4F);
}

TEST_F(DamagedPlans, OfADeviceThatIsNotHere) {
  const auto problems = loading(with_device("tpu Imaginary v7, XLA 1.0"));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].id, "backend.not_found") << problems[0].to_string();
}

}  // namespace
}  // namespace ingot
