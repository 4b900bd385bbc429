// A plan under construction, with what later rewrites of it need to know about each step.
#pragma once

#include "compiler/schedule/schedule.h"

namespace ingot {

struct StepFacts {
  bool reads_windows = false, writes_windows = false;
  int in_place_input = -1;
  NodeId node;  ///< none for copies and conversions
};

struct PlanDraft {
  Plan plan;
  std::vector<StepFacts> facts;  ///< one for each step

  int add_value(PlanValue value);
  void add_step(PlanStep step, StepFacts facts);
  /// Step that makes a value, or -1.
  int maker(int value) const;
  /// Steps that read a value itself (not through views).
  std::vector<int> readers(int value) const;
  bool is_output(int value) const;
  bool has_views(int value) const;
  const Dim& dim(int value, int axis) const;
  SymbolicShape dims(int value) const;
};

/// A copy or conversion of `from` to `to` (same dims), named after `name`.
PlanStep copy_step(int from, int to, std::string name, std::vector<std::string> origin);

/// Concats whose pieces can be written where they belong, splits and slices whose pieces can be
/// read where they lie: steps become views (place_in_place.cpp).
void place_in_place(PlanDraft* draft);

/// Lets outputs take over the memory of inputs that die at the step, where the tactic allows it.
void reuse_dead_inputs(PlanDraft* draft);

}  // namespace ingot
