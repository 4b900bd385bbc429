// The steps of an engine made ready for one set of shapes, with the plan of their memory. Shared
// by all contexts of the engine that use these shapes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ingot/engine.h"
#include "runtime/engine/bindings.h"
#include "runtime/engine/geometry.h"
#include "runtime/engine/step.h"

namespace ingot {

inline constexpr size_t kNowhere = static_cast<size_t>(-1);

struct PreparedShapes {
  Bindings bindings;  ///< of the inputs' symbols; those that only a run decides are unbound
  std::vector<ValueGeometry> values;
  std::vector<std::unique_ptr<PreparedStep>> steps;  ///< null: only a run knows its shapes
  // Of an engine on a GPU there are two arenas: values of Layout::kHost lie in the host's.
  std::vector<size_t> arena_offsets;    ///< per value: of roots in their arena, else kNowhere
  std::vector<size_t> scratch_offsets;  ///< per step, in the arena where it runs, else kNowhere
  size_t arena_bytes = 0, host_arena_bytes = 0;
  std::vector<bool> run_decides;  ///< per step: some of its shapes are known only in a run
  bool dynamic = false;           ///< any of them
};

/// Tensors of one step: absent ones have no dtype.
struct StepTensors {
  std::vector<StepTensor> inputs, outputs;
};
StepTensors step_tensors(const Plan& plan, int step, const std::vector<ValueGeometry>& values);

/// Prepares one step for these tensors. The caller holds the engine's mutex. Throws Error naming
/// the step.
std::unique_ptr<PreparedStep> prepare_step(const Engine::State& engine, int step,
                                           const StepTensors& tensors,
                                           const Attributes& attributes);

/// The steps for these shapes: those of another context, else newly prepared. Throws Error.
std::shared_ptr<const PreparedShapes> prepared_shapes(const Engine::State& engine,
                                                      const Bindings& bindings);

/// Places the arena's values, and each step's scratch memory (0 for none) where it runs.
void place_arena(const Engine::State& engine, const std::vector<size_t>& scratch,
                 PreparedShapes* shapes);

}  // namespace ingot
