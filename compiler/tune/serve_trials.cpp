// The process that tries steps: one plan after another, named by lines of its standard input.
#include <fmt/core.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <string>

#include "compiler/tune/trial_answer.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/plan/reader.h"
#include "ingot/builder.h"
#include "runtime/engine/packing.h"
#include "runtime/engine/step_timer.h"

namespace ingot {
namespace {

void answer(std::string_view what, std::string_view more = "") {
  std::string line = fmt::format("{}{}{}", kTrialAnswer, what, more);
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::cout << line << std::endl;
}

}  // namespace

int serve_trials(int device) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // a step that hangs must not outlive who asked for it
  const EngineOptions options = {.threads = 1, .device = device};
  try {
    open_device("cuda", device);
  } catch (const Error& error) {
    answer(error.problems().front().what);
    return 1;
  }
  answer(kTrialReady);
  for (std::string path; std::getline(std::cin, path);) {
    try {
      const auto file = MappedFile::open(path);
      const StepTrial trial(read_plan(file->bytes(), file, path), options);
      trial.measure(1, 1, /*max_seconds=*/1e-3);
      answer(kTrialDone);
    } catch (const Error& error) {
      const Problem& problem = error.problems().front();
      if (problem.id == "cuda.fault") {
        answer(kTrialFault, problem.what);
        std::_Exit(1);  // nothing of the GPU can be released any more
      }
      answer(kTrialDone);
    }
  }
  return 0;
}

}  // namespace ingot
