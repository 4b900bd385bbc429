// Candidates that crash, hang or break the GPU's context are left out by name at level 5, and end a
// build by name below it. The faulty candidate is jit.softmax, replaced in the process that tries it.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "compiler/driver/model.h"
#include "compiler/tune/trial_process.h"
#include "core/base/error.h"
#include "ingot/builder.h"
#include "ingot/engine.h"
#include "runtime/engine/backend.h"
#include "tests/gpu/emulation/use_emulated_gpu.h"

namespace ingot {
namespace {

constexpr const char* kFault = "INGOT_TEST_FAULT";
constexpr std::string_view kFaulty = "jit.softmax";

/// A step that goes wrong when it runs.
class FaultyStep : public PreparedStep {
 public:
  explicit FaultyStep(std::unique_ptr<PreparedStep> real) : real_(std::move(real)) {}
  void run(const StepMemory& memory) override {
    const std::string fault = std::getenv(kFault);
    if (fault == "crash") std::raise(SIGSEGV);
    if (fault == "hang") std::this_thread::sleep_for(std::chrono::hours(1));
    if (fault == "throw") fail({"cuda.fault", "an illegal address", "", ""});
    StepMemory wrong = memory;
    void* const nowhere[] = {reinterpret_cast<void*>(64)};
    wrong.outputs = nowhere;
    real_->run(wrong);
  }

 private:
  std::unique_ptr<PreparedStep> real_;
};

const StepDef* real_softmax = nullptr;

/// The emulated backend, or the machine's, with a faulty step.
void use_faulty_backend() {
  use_emulated_gpu();
  static const Backend real = backend_for("cuda");
  static const StepDef faulty = {
      .kind = kFaulty,
      .summary = "Goes wrong.",
      .prepare = [](const StepContext& context) -> std::unique_ptr<PreparedStep> {
        return std::make_unique<FaultyStep>(real_softmax->prepare(context));
      },
  };
  real_softmax = real.find_step(kFaulty);
  static const Backend backend = [] {
    Backend copy = real;
    copy.find_step = [](std::string_view kind) {
      return kind == kFaulty ? &faulty : real.find_step(kind);
    };
    return copy;
  }();
  register_backend(backend);
}

BuildResult build_softmax(int level) {
  auto state = std::make_shared<Model::State>();
  state->path = "test";
  state->graph = parse_graph("x: f32[3,40]\na = Relu(x)\ny = Softmax(a) {axis=1}");
  BuildOptions options;
  options.device = "0";
  options.optimization_level = level;
  return build(Model(state), options);
}

/// The program of the tests below: this one, with the test that is the other side.
TrialProgram this_program(double seconds) {
  return {{"/proc/self/exe", "--gtest_filter=TrialProcess.DISABLED_Serves",
           "--gtest_also_run_disabled_tests"},
          seconds};
}

/// Faults are put into steps of the emulated GPU: a real one would need faulty kernels.
class TrialProcess : public testing::Test {
 protected:
  void SetUp() override {
    if (!use_emulated_gpu())
      GTEST_SKIP() << "the faults of these tests are those of emulated steps";
  }
};

TEST_F(TrialProcess, DISABLED_Serves) {
  if (!std::getenv(kFault)) {
    use_emulated_gpu();
  } else {
    use_faulty_backend();
  }
  EXPECT_EQ(serve_trials(0), 0);
}

/// What `explain` says of a build of which jit.softmax has that fault.
std::string explain_with(const char* fault, double seconds) {
  use_emulated_gpu();
  setenv(kFault, fault, 1);
  set_trial_program(this_program(seconds));
  const BuildResult result = build_softmax(5);
  unsetenv(kFault);
  return Engine::load(std::span(*result.plan))->explain_json();
}

TEST_F(TrialProcess, LeavesOutACandidateThatCrashesAndTakesAnother) {
  const std::string explained = explain_with("crash", 60);
  EXPECT_NE(explained.find("it crashed in a process of its own (Segmentation fault)"),
            std::string::npos)
      << explained;
  EXPECT_NE(explained.find("jit.pointwise"), std::string::npos) << explained;
}

TEST_F(TrialProcess, LeavesOutACandidateThatDoesNotEnd) {
  const std::string explained = explain_with("hang", 4);
  EXPECT_NE(explained.find("it did not end within 4 s in a process of its own"), std::string::npos)
      << explained;
}

TEST_F(TrialProcess, LeavesOutACandidateThatBreaksTheContext) {
  const std::string explained = explain_with("throw", 60);
  EXPECT_NE(explained.find("an illegal address"), std::string::npos) << explained;
}

TEST_F(TrialProcess, LeavesOutACandidateThatWritesWhereItMustNot) {
  const std::string explained = explain_with("wrong address", 60);
  // Emulated, the process crashes; a GPU loses its context.
  EXPECT_TRUE(explained.find("it crashed in a process of its own") != std::string::npos ||
              explained.find("ILLEGAL_ADDRESS") != std::string::npos)
      << explained;
}

TEST_F(TrialProcess, TakesWhatRunsWell) {
  use_emulated_gpu();
  set_trial_program(this_program(60));
  const auto engine = Engine::load(std::span(*build_softmax(5).plan));
  EXPECT_EQ(engine->explain_json().find("process of its own"), std::string::npos);
  EXPECT_NE(engine->explain_json().find("jit.softmax"), std::string::npos);
}

TEST_F(TrialProcess, GoesOnWithoutTheProgram) {
  use_emulated_gpu();
  set_trial_program({{"/nonexistent/ingot", "try-steps", "0"}});
  EXPECT_NE(build_softmax(5).plan, nullptr);
}

void build_with_fault_in_this_process() {
  use_faulty_backend();
  setenv(kFault, "throw", 1);
  try {
    build_softmax(3);
  } catch (const Error& error) {
    const Problem& problem = error.problems().front();
    const bool names_it = problem.id == "cuda.fault" &&
                          problem.what.find("candidate jit.softmax") != std::string::npos &&
                          problem.fix.find("--builderOptimizationLevel=5") != std::string::npos;
    std::_Exit(names_it ? 0 : 1);
  }
  std::_Exit(2);
}

TEST(TrialProcessDeathTest, BelowLevelFiveAFaultEndsTheBuildByName) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(build_with_fault_in_this_process(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace ingot
