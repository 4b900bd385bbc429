// For the tests of the engine: a backend in this process with a few small steps, and a builder of
// plans that use it.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "core/plan/plan.h"
#include "runtime/engine/packing.h"
#include "runtime/engine/step.h"

namespace ingot::test {

/// What the steps of the test backend saw and did.
struct Counters {
  std::atomic<int> prepared{0};
  std::atomic<int> packed{0};
  std::atomic<int> threads{0};
  std::atomic<bool> hold{false};     ///< "test.wait" waits while this is set
  std::atomic<bool> waiting{false};  ///< ... and says so here
  const void* last_input = nullptr;  ///< addresses of the last "test.copy"
  void* last_output = nullptr;
  bool last_dense = false;  ///< both of its tensors were dense
};
Counters& counters();

/// Steps, on f32 with any strides: "test.add" (two inputs), "test.copy", "test.twice" (through its
/// scratch memory), "test.positive" (the positive elements of one axis: data decides the size),
/// "test.scale" (packs input 1), "test.wait", "test.fail", "test.fill" (attribute dims:
/// writes the first of them), and "ref".
void register_test_backend();

/// Builds plans in few words. Every call of a value's maker returns its index.
class PlanBuilder {
 public:
  PlanBuilder();
  int input(const std::string& name, const SymbolicShape& shape, DType dtype = DType::kF32);
  int output(const std::string& name, const SymbolicShape& shape, DType dtype = DType::kF32);
  int arena(const SymbolicShape& shape, Storage storage = Storage::kArena,
            DType dtype = DType::kF32);
  int window(int parent, int axis, const Dim& offset, const SymbolicShape& shape);
  int reshaped(int parent, const SymbolicShape& shape);
  int constant(const Shape& shape, std::vector<float> values, const std::string& format = "");
  int integers(std::vector<int64_t> values);
  /// Declares an existing value to be an output.
  void also_output(const std::string& name, int value);
  int step(const std::string& kind, std::vector<int> inputs, std::vector<int> outputs,
           Attributes attributes = {});
  void range(const std::string& symbol, int64_t min, int64_t opt, int64_t max);

  Plan plan;

 private:
  int add(const std::string& name, const SymbolicShape& shape, Storage storage, DType dtype);
};

}  // namespace ingot::test
