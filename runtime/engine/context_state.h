// What a Context holds.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "ingot/engine.h"
#include "runtime/engine/device_run.h"
#include "runtime/engine/dynamic_run.h"
#include "runtime/engine/engine_state.h"
#include "runtime/engine/instance.h"
#include "runtime/engine/memory.h"

namespace ingot {

inline constexpr size_t kMaxInstances = 8;  ///< sets of shapes that a context keeps ready

struct Context::State {
  explicit State(std::shared_ptr<const Engine> engine);
  ~State();

  std::shared_ptr<const Engine> engine;
  const Engine::State& plan_state;
  std::atomic<bool> busy{false};

  int profile = 0;
  std::vector<std::optional<Shape>> input_shapes;  ///< as set by the caller
  BorderAddresses given;                           ///< the caller's
  BorderAddresses used;                            ///< of this run: the caller's, or ours
  std::vector<Buffer> staged_inputs;               ///< copies of inputs that are not aligned
  std::vector<Buffer> own_outputs;
  std::vector<const void*> results;  ///< per output, after a run

  Arena arena;
  std::unique_ptr<DeviceRun> gpu;                    ///< of an engine on a GPU
  std::vector<size_t> input_bytes;                   ///< of `current`
  int in_flight = 0, next_slot = 0;                  ///< runs submitted and not waited for
  std::vector<std::unique_ptr<Instance>> instances;  ///< last used last
  Instance* current = nullptr;                       ///< null: shapes have changed
  DynamicRun dynamic;
  bool has_run = false;  ///< the last run of `current` ended well

  bool profiling = false;
  std::vector<StepTime> times;
  bool timing = false;
  RunTimes last_times;

  /// Values of the inputs' symbols for the shapes set so far.
  Status bind_inputs(Bindings* bindings) const;
  /// Shape of an output before or after a run, -1 where unknown.
  Shape output_shape(size_t output, const Bindings& bindings) const;

  void prepare(const Bindings& bindings);  ///< throws Error
  void make_room(const PreparedShapes& shapes);
  Status choose_addresses();     ///< fills `used`; may throw Error
  void run_steps(size_t* step);  ///< *step is where it is; throws what steps throw
  void finish_outputs();
  Status choose_addresses_on_gpu();
  void submit_on_gpu(size_t* step);  ///< queues all of a run
  void wait_on_gpu();                ///< for the oldest that was submitted
  void finish_outputs_on_gpu();      ///< queues the copies out
  Status enqueue(void* stream, size_t* step);
  RunMemory run_memory() const;
  bool owns_memory(size_t output) const;  ///< the output is the memory of its value
};

}  // namespace ingot
