// Candidates of a GPU tried in processes of their own, before this one runs them: a kernel that crashes
// or hangs takes the process's GPU context, or the process, with it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/plan/plan.h"

namespace ingot {

/// The program that tries steps, and how long it may take for one.
struct TrialProgram {
  std::vector<std::string> command;  ///< calls serve_trials (ingot/builder.h)
  double seconds = 30;               ///< libraries may compile for a second or two
  double start_seconds = 60;         ///< until it is ready: the driver, the libraries
};

/// `ingot try-steps`, of the program beside our libraries; an empty command where it is not there.
TrialProgram default_trial_program(int device);

/// Replaces the default from now on (tests).
void set_trial_program(TrialProgram program);
/// What was set, else the default.
TrialProgram trial_program(int device);

struct TrialOfStep {
  std::string key;
  std::function<Plan()> make_plan;  ///< called under a lock; what throws is not tried
};

/// Runs each in one of `processes` processes, until `go_on` is false. Returns, by key, why a step
/// must not be run here: it crashed, did not end, or broke the GPU's context. What fails in an
/// orderly way is not in it: that does no harm. Logs a warning where there is no such process.
std::map<std::string, std::string> try_apart(const std::vector<TrialOfStep>& steps,
                                             const TrialProgram& program, int processes,
                                             const std::function<bool(int done, int total)>& go_on);

}  // namespace ingot
