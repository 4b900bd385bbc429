// What runs cost the host, and the memory they take, on a GPU:
//
//   run_costs model.plan [INPUT=SHAPE OTHER_SHAPE]     shapes as 1x3x224x224, within the profile
//
// One figure a line, as "name: value unit". Times are of the host, from the call until it returns, of
// calls in small groups with a wait between groups, so that the driver's queue is never full.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "ingot/engine.h"
#include "runtime/engine/backend.h"
#include "runtime/engine/engine_state.h"

namespace ingot {
namespace {

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

void require(const Status& status) {
  if (!status.ok()) fail({"step.failed", status.message(), "", ""});
}

Shape shape_of(const std::string& text) {
  Shape shape;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('x', at), text.size());
    shape.push_back(std::stoll(text.substr(at, end - at)));
    at = end + 1;
  }
  return shape;
}

/// Memory on the GPU for every input and output at the shapes that the context has now.
class Memory {
 public:
  Memory(const Engine& engine, Context* context) {
    for (const bool inputs : {true, false}) {
      for (const TensorInfo& info : inputs ? engine.inputs() : engine.outputs()) {
        size_t bytes = 0;
        require(context->bytes(info.name, &bytes));
        names_.push_back(info.name);
        memory_.push_back(engine.allocate(bytes));
        const std::vector<std::byte> zeros(bytes);
        engine.copy(memory_.back().get(), zeros.data(), bytes);
      }
    }
  }
  void give_to(Context* context) const {
    for (size_t i = 0; i < names_.size(); ++i) {
      require(context->set_address(names_[i], memory_[i].get()));
    }
  }

 private:
  std::vector<std::string> names_;
  std::vector<std::shared_ptr<void>> memory_;
};

/// Calls `prepare(i)` and then, timed, `call(i)`; prints the least, the median and the 99th percentile.
void time_calls(const char* name, Context* context, int count,
                const std::function<void(int)>& prepare, const std::function<void(int)>& call) {
  constexpr int kGroup = 4;
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    prepare(i);
    const auto start = Clock::now();
    call(i);
    times.push_back(microseconds_since(start));
    if (i % kGroup == kGroup - 1) require(context->synchronize());
  }
  require(context->synchronize());
  std::sort(times.begin(), times.end());
  fmt::print("{}: {:.2f} us median, {:.2f} least, {:.2f} of 99 %\n", name, times[times.size() / 2],
             times[0], times[times.size() * 99 / 100]);
}

double mebibytes(size_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

void measure_addresses(const Engine& engine, Context* context) {
  constexpr int kSets = 12;  // more than a context keeps recordings for
  std::vector<Memory> sets;
  for (int i = 0; i < kSets; ++i) sets.emplace_back(engine, context);
  const auto nothing = [](int) {};
  const auto enqueue = [&](int) { require(context->enqueue(nullptr)); };
  sets[0].give_to(context);
  for (int i = 0; i < 20; ++i) enqueue(i);
  require(context->synchronize());
  time_calls("enqueue", context, 2000, nothing, enqueue);
  time_calls(
      "enqueue, other addresses, recorded anew (4 sets)", context, 3,
      [&](int i) { sets[static_cast<size_t>(i) + 1].give_to(context); }, enqueue);
  time_calls(
      "enqueue, addresses in turn, all recorded", context, 400,
      [&](int i) { sets[static_cast<size_t>(i) % 4].give_to(context); }, enqueue);
  time_calls(
      "enqueue, new addresses put into a recording", context, 200,
      [&](int i) { sets[static_cast<size_t>(i) % kSets].give_to(context); }, enqueue);
}

void measure_shapes(const Engine& engine, Context* context, const std::string& input,
                    const std::vector<Shape>& shapes) {
  std::vector<Memory> memory;
  for (const Shape& shape : shapes) {
    require(context->set_shape(input, shape));
    require(context->prepare());
    memory.emplace_back(engine, context);
  }
  const auto change = [&](int i) {
    const auto which = static_cast<size_t>(i) % shapes.size();
    require(context->set_shape(input, shapes[which]));
    memory[which].give_to(context);
    require(context->enqueue(nullptr));
  };
  const auto nothing = [](int) {};
  for (int i = 0; i < 12; ++i) change(i);
  require(context->synchronize());
  time_calls("enqueue of the same shape (set_shape, addresses, enqueue)", context, 500, nothing,
             [&](int) { change(0); });
  time_calls("enqueue of the other shape, seen before", context, 500, nothing, change);
}

void measure(const std::string& plan, const std::string& input, const std::vector<Shape>& shapes) {
  auto start = Clock::now();
  const auto device = backend_for("cuda").open_device(0);
  fmt::print("driver up: {:.0f} ms\n", microseconds_since(start) / 1e3);
  const size_t free_at_first = device->free_bytes();
  start = Clock::now();
  auto engine = Engine::load(plan);
  fmt::print("load: {:.1f} ms\n", microseconds_since(start) / 1e3);
  Context context(engine);
  if (!shapes.empty()) require(context.set_shape(input, shapes[0]));
  start = Clock::now();
  require(context.prepare());
  fmt::print("prepare: {:.1f} ms\n", microseconds_since(start) / 1e3);
  {
    const Memory memory(*engine, &context);
    memory.give_to(&context);
    start = Clock::now();
    for (int i = 0; i < 2; ++i) require(context.enqueue(nullptr));
    require(context.synchronize());
    fmt::print("first two runs: {:.1f} ms\n", microseconds_since(start) / 1e3);
    const size_t used = free_at_first - std::min(device->free_bytes(), free_at_first);
    const size_t ours = engine->info().weight_bytes + context.arena_bytes();
    fmt::print(
        "GPU memory beside the driver's: {:.1f} MiB; weights {:.1f}, arena {:.1f}, more than "
        "weights + 1.3 x arena: {:.1f}\n",
        mebibytes(used), mebibytes(engine->info().weight_bytes), mebibytes(context.arena_bytes()),
        mebibytes(used) - mebibytes(ours) - 0.3 * mebibytes(context.arena_bytes()));
  }
  measure_addresses(*engine, &context);
  if (shapes.size() > 1) measure_shapes(*engine, &context, input, shapes);
}

}  // namespace
}  // namespace ingot

int main(int argc, char** argv) {
  using namespace ingot;
  if (argc != 2 && argc != 4) {
    fmt::print("usage: run_costs model.plan [INPUT=SHAPE OTHER_SHAPE]\n");
    return 2;
  }
  try {
    std::string input;
    std::vector<Shape> shapes;
    if (argc == 4) {
      const std::string first = argv[2];
      const size_t equals = first.find('=');
      input = first.substr(0, equals);
      shapes = {shape_of(first.substr(equals + 1)), shape_of(argv[3])};
    }
    measure(argv[1], input, shapes);
  } catch (const std::exception& error) {
    fmt::print("{}\n", error.what());
    return 1;
  }
}
