// Running: load an engine file, make a context per concurrent request, run it.
//
//   auto engine = ingot::Engine::load("resnet50.plan");
//   ingot::Context context(engine);
//   context.set_shape("input", {1, 3, 224, 224});
//   context.set_address("input", pixels);       // the caller's memory, dense, row-major
//   context.set_address("output", scores);
//   ingot::Status status = context.run();
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingot/error.h"
#include "ingot/types.h"

namespace ingot {

struct EngineOptions {
  int threads = 0;  ///< per context; 0: INGOT_THREADS or the cores of the process
  int device = 0;   ///< index of the GPU, for plans that were built for one
};

/// A profile of an engine as its plan has it.
struct ProfileInfo {
  struct Input {
    std::string name;
    Shape min, opt, max;
  };
  std::vector<Input> inputs;
};

/// Facts about a loaded engine.
struct EngineInfo {
  std::string ingot_version;             ///< of the builder
  std::string device;                    ///< the device that it was built for, in words
  std::string model_hash;                ///< XXH3-128 of the source model, hexadecimal
  std::string model_name;                ///< file name of the source model
  std::vector<std::string> build_flags;  ///< trtexec's flags that ask for this build again
  size_t plan_bytes = 0;
  size_t weight_bytes = 0;
  size_t arena_bytes_at_opt = 0;  ///< of the values between steps, at profile 0's opt shapes; what
                                  ///< steps need besides shows in Context::arena_bytes
  int steps = 0;
  bool repacked_at_load = false;  ///< weights were packed for another CPU
};

/// What an engine file holds, also where the engine cannot run.
struct EngineDescription {
  EngineInfo info;  ///< without arena_bytes_at_opt, which takes the device
  std::vector<TensorInfo> inputs, outputs;
  std::vector<ProfileInfo> profiles;
  std::string explain_json, graph_text;  ///< as Engine::explain_json and Engine::graph_text
};

/// An immutable, loaded plan. Share it between threads; it stays alive while a Context uses it.
class Engine {
 public:
  /// Maps and verifies the file. Throws Error naming the section and offset for anything wrong.
  static std::shared_ptr<const Engine> load(const std::string& path, const EngineOptions& = {});
  /// The same from memory that must outlive the engine (it is used in place).
  static std::shared_ptr<const Engine> load(std::span<const std::byte> plan,
                                            const EngineOptions& = {});
  /// What the file says of itself, also where the engine cannot run. Throws Error as load does for a
  /// file that is no whole plan.
  static EngineInfo read_info(const std::string& path);
  /// All of it: tensors, profiles, steps, graph.
  static EngineDescription describe(const std::string& path);
  ~Engine();

  const std::vector<TensorInfo>& inputs() const;
  const std::vector<TensorInfo>& outputs() const;
  const std::vector<ProfileInfo>& profiles() const;
  const EngineInfo& info() const;

  /// Memory where the engine computes: of its GPU, or 64-byte aligned memory of the host. Released
  /// with its last owner. Throws Error ("memory.out_of_memory").
  std::shared_ptr<void> allocate(size_t bytes) const;
  /// Memory of the host that is copied to the GPU and back fastest.
  std::shared_ptr<void> allocate_host(size_t bytes) const;
  /// Copies between any of these and returns when it is done.
  void copy(void* to, const void* from, size_t bytes) const;
  bool on_gpu() const;

  /// What the engine does, step by step, as JSON: names, ONNX nodes, shapes, layouts, tactics,
  /// times and rejected candidates ({"steps": [...], ...}). Written at build time.
  std::string explain_json() const;
  /// trtexec's --exportLayerInfo document.
  std::string layer_information_json() const;
  /// The optimised graph in text.
  std::string graph_text() const;

  struct State;
  const State& state() const { return *state_; }
  explicit Engine(std::unique_ptr<State> state);

 private:
  std::unique_ptr<State> state_;
};

/// Time of one step in the profiled runs of a context.
struct StepTime {
  std::string name;  ///< the step's name, made of the ONNX nodes it came from
  std::string tactic;
  std::vector<float> times_ms;  ///< one entry a profiled run
};

/// Where the time of a run went. On a GPU by its own clock.
struct RunTimes {
  float to_device_ms = 0, compute_ms = 0, from_device_ms = 0;
};

/// One request's state: shapes, addresses and scratch memory for an Engine.
///
/// Threads: use one Context from one thread at a time; concurrent use returns kBusy and changes
/// nothing. Many Contexts of one Engine run side by side.
class Context {
 public:
  explicit Context(std::shared_ptr<const Engine> engine);
  ~Context();
  Context(Context&&) noexcept;
  Context& operator=(Context&&) noexcept;

  /// Chooses an optimization profile (default 0). Forgets the shapes set before.
  Status set_profile(int index);

  /// Sets the shape of an input for the runs that follow. Inputs without one use the opt shape of
  /// the profile.
  /// @param name   an input of the engine; an unknown one returns kNotFound with the nearest names
  /// @param shape  elements per axis, within [min, max] of the profile, else kOutOfProfile
  Status set_shape(std::string_view name, const Shape& shape);

  /// Memory of an input or output: dense and row-major, at least `bytes(name)` long, owned by the
  /// caller and valid until the run has ended. 64-byte alignment is fastest; any works. Of an engine
  /// on a GPU it may be the GPU's memory or the host's, which is copied (fastest when it comes from
  /// Engine::allocate_host).
  Status set_address(std::string_view name, void* address);

  /// Shape of an input or output for the shapes set so far. An output whose size depends on data
  /// has -1 there until a run has ended; leave its address null and read `output_data` then.
  Status shape(std::string_view name, Shape* shape) const;

  /// Bytes of that tensor.
  Status bytes(std::string_view name, size_t* bytes) const;

  /// Data of an output that has no address of the caller's; valid until the next run.
  const void* output_data(std::string_view name) const noexcept;

  /// Prepares memory and kernels for the shapes set so far; `run` does it where it was not done.
  Status prepare();

  /// Runs one inference and returns when the outputs are there. Allocates nothing and takes no
  /// lock once `prepare` has seen the shapes (outputs of data-dependent size excepted).
  Status run() noexcept;

  /// Starts a run and returns; `wait` ends the oldest that was submitted and brings its outputs. On a
  /// GPU the next may be submitted before the last has ended, and more than one is in flight: it
  /// then begins without a gap. At most two; a third waits for the first. On the CPU, and where
  /// shapes depend on data, the run has ended when submit returns. `run` is both.
  Status submit() noexcept;
  Status wait() noexcept;

  /// Starts one inference of an engine on a GPU in `stream` (a CUstream; null: the context's own)
  /// and returns at once. All addresses must be the GPU's, and no shape may depend on data. The
  /// first call for a set of shapes and addresses records the work and waits for it; later ones
  /// replay it. Inputs and outputs must stay valid until the stream has passed this point.
  Status enqueue(void* stream) noexcept;

  /// Waits for what was enqueued in the context's own stream.
  Status synchronize() noexcept;

  /// Measures where the time of each run goes.
  void set_timing(bool on);
  /// Of the last run that has ended, with timing.
  RunTimes last_times() const;

  /// Collects the time of every step in the runs that follow (slows them a little).
  void set_profiling(bool on);
  std::vector<StepTime> take_step_times();

  /// Bytes of scratch memory in use (of the GPU's where the engine runs on one).
  size_t arena_bytes() const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

/// Devices and libraries, one line each, for `ingot env` and for bug reports.
/// @param with_libraries  also where a GPU's libraries come from; opens them, which takes a while
std::vector<std::string> environment_report(bool with_libraries = false);

/// Every environment variable that Ingot reads, with one sentence each.
std::vector<std::pair<std::string, std::string>> list_environment_variables();

/// Ingot's version, "0.1.0".
std::string_view version();

/// Threads that a context uses by default: INGOT_THREADS, else the cores of the process.
int default_threads();

/// The index of the GPU with this UUID, as EngineOptions::device wants it. Throws Error
/// ("device.not_available") naming those that there are.
int find_gpu(std::string_view uuid);

}  // namespace ingot
