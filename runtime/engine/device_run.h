// One context's runs on a GPU: memory there, copies in and out, and the steps queued in a stream, or
// replayed as one recording for each set of shapes and addresses.
#pragma once

#include <memory>
#include <vector>

#include "ingot/engine.h"
#include "runtime/engine/device.h"
#include "runtime/engine/dynamic_run.h"
#include "runtime/engine/instance.h"

namespace ingot {

/// Memory of the device, or pinned memory of the host, that grows; growing forgets the content.
class DeviceBuffer {
 public:
  void* reserve(Device& device, size_t bytes, bool on_host = false);
  std::byte* data() const { return static_cast<std::byte*>(memory_.get()); }
  size_t bytes() const { return bytes_; }

 private:
  std::shared_ptr<void> memory_;
  size_t bytes_ = 0;
};

class DeviceRun {
 public:
  explicit DeviceRun(const Engine::State& engine);

  /// Makes room for these shapes.
  void reserve(const PreparedShapes& shapes);
  RunMemory memory() const;
  size_t arena_bytes() const { return arena_.bytes(); }

  /// Remembers where the caller's memory is.
  void set_input(size_t input, const void* address);
  void set_output(size_t output, const void* address);
  bool output_on_device(size_t output) const { return output_on_device_[output]; }

  /// Addresses that the steps use for border tensors in the GPU's memory: the caller's, or ours.
  void* input_address(size_t input, void* given, size_t bytes);
  void* output_address(size_t output, void* given, size_t bytes);

  /// Queues the copies of inputs that are the caller's host memory.
  void copy_inputs(const BorderAddresses& given, const BorderAddresses& used,
                   const std::vector<size_t>& bytes);
  /// Queues all steps of a set of shapes that is not dynamic, or replays them. `*step` is where it
  /// is while they are queued one by one.
  void run(Instance* instance, const BorderAddresses& used, bool record, size_t* step);
  /// Queues and runs the steps of dynamic shapes; ends when they have ended.
  void run_dynamic(Instance* instance, DynamicRun* dynamic, size_t* step);
  /// Runs all steps with a mark after each; `times` gets a number for each. Dynamic shapes apart,
  /// they are recorded first: slow, but the numbers are those of a replay.
  void run_profiled(Instance* instance, DynamicRun* dynamic, std::vector<StepTime>* times,
                    size_t* step);

  /// Microseconds that all steps take: the median of several replays of a recording of many. Stops
  /// early where one run takes long.
  double time_steps(Instance* instance, const BorderAddresses& used, int replays,
                    double max_seconds);

  DeviceQueue& queue() { return *queue_; }
  /// The stream of the caller that runs go to; null: our own.
  void use_stream(void* stream);

 private:
  void warm_clocks(Recording* recording);
  void queue_step(Instance* instance, size_t step);
  void make_recording(Instance* instance, const BorderAddresses& used, size_t* step);
  bool change_addresses(Instance* instance, Instance::Recorded* recorded,
                        const BorderAddresses& used);
  void queue_steps(Instance* instance, size_t* step);
  void queue_marked_steps(Instance* instance, size_t* step);
  void run_step_now(Instance* instance, DynamicRun* dynamic, size_t step);

  const Engine::State& engine_;
  Device& device_;
  std::unique_ptr<DeviceQueue> queue_;
  DeviceBuffer arena_, host_arena_;
  std::vector<DeviceBuffer> inputs_, outputs_;
  std::vector<bool> input_on_device_, output_on_device_;
  bool synchronous_;  ///< wait after each step, so that a fault names it
};

}  // namespace ingot
