// What an Engine holds: the plan, its steps' definitions, packed weights and the steps prepared for
// the shapes that living contexts use.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "ingot/engine.h"
#include "runtime/engine/bindings.h"
#include "runtime/engine/packing.h"
#include "runtime/engine/prepared.h"
#include "runtime/engine/step.h"

namespace ingot {

struct PackedWeights {
  std::shared_ptr<void> memory;
  size_t bytes = 0;
  std::shared_ptr<void> on_device;  ///< a copy on the GPU, for engines that run there
};

struct Engine::State {
  Plan plan;
  std::string where;  ///< the file, for messages
  int threads = 1;
  const Backend* backend = nullptr;
  std::shared_ptr<Device> device;           ///< null: steps run on the calling thread
  std::vector<const StepDef*> definitions;  ///< per step
  std::shared_ptr<void> device_weights;     ///< the constants that steps on the GPU read
  std::vector<const void*> constants;       ///< per constant: where such steps find it, or null
  SymbolTable symbols;

  std::vector<TensorInfo> inputs, outputs;
  std::vector<std::string> input_names, output_names;
  std::vector<ProfileInfo> profiles;
  EngineInfo info;
  bool other_device = false;         ///< built for another device than this machine
  std::vector<bool> dynamic_output;  ///< per output: only a run decides its shape

  /// Guards what follows. Held while steps are prepared, never while they run.
  mutable std::mutex mutex;
  mutable std::map<Bindings, std::weak_ptr<const PreparedShapes>> prepared;
  mutable std::map<std::pair<int, std::string>, PackedWeights> packed;   ///< by constant, format
  mutable std::set<std::tuple<int, int, int, std::string>> packed_uses;  ///< step, input, ...
  mutable std::once_flag repack_logged;
};

/// Whether the step works on the host's memory: all do in an engine without a GPU.
bool runs_on_host(const Engine::State& engine, size_t step);

/// As Plan::device, of where the engine is.
std::string this_machine(const Engine::State& engine);

/// What a run says of a step that failed: its name, tactic and ONNX nodes.
Problem failed_step(const Engine::State& engine, size_t step, const std::string& what,
                    const std::string& fix);

/// Symbols of the inputs at profile 0's opt shapes.
Bindings opt_bindings(const Engine::State& state);

/// Checks the plan and makes what does not depend on shapes.
std::unique_ptr<Engine::State> make_engine_state(Plan plan, const EngineOptions& options,
                                                 const std::string& where);

}  // namespace ingot
