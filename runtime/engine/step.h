// What a step family of a backend implements: prepare once for a set of shapes, then run many times.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/node/attributes.h"
#include "core/tensor/layout.h"
#include "core/tensor/tensor.h"
#include "ingot/error.h"
#include "runtime/engine/device.h"

namespace ingot {

/// The kind of step that copies between the host's memory and a GPU's.
inline constexpr std::string_view kTransferStep = "cuda.transfer";

/// One input or output of a step, for one set of shapes.
struct StepTensor {
  DType dtype = DType::kUndefined;  ///< kUndefined: absent
  Shape shape;
  Layout layout = Layout::kPlain;
  /// Of the buffer that this is a window of; equals shape when the tensor lies in one piece (a
  /// window that happens to be contiguous is described as dense).
  Shape buffer_shape;
  Shape strides;                   ///< elements, as layout_strides(buffer_shape, layout)
  const void* constant = nullptr;  ///< dense plain data known at load, else null
  bool is_constant = false;        ///< known at load, whatever the format in which the plan has it
  bool shape_known = true;         ///< false: an output whose size only the run decides

  bool present() const { return dtype != DType::kUndefined; }
  bool dense() const { return shape == buffer_shape; }
  int64_t elements() const { return shape.elements(); }
};

/// What `prepare` sees. Valid during the call only.
class StepContext {
 public:
  virtual ~StepContext() = default;
  virtual const std::string& name() const = 0;
  virtual const Attributes& attributes() const = 0;
  virtual const std::vector<StepTensor>& inputs() const = 0;
  virtual const std::vector<StepTensor>& outputs() const = 0;
  virtual int threads() const = 0;

  /// Input i, a constant, in the packed format that the step wants. Comes straight from the plan
  /// when it lies there in that format; else `pack(plain, packed)` fills new memory, which the
  /// engine owns and shares between contexts. `plain` is dense row-major.
  virtual const void* packed_constant(
      int input, const std::string& format, size_t bytes,
      const std::function<void(const void* plain, void* packed)>& pack) const = 0;

  /// The GPU, for steps that run there; else null. What packed_constant returns lies there then.
  virtual Device* device() const { return nullptr; }
  /// A cubin that the plan carries. Throws Error ("plan.malformed") if it does not.
  virtual std::span<const std::byte> kernel(const std::string& key) const;
};

/// Memory of one run.
struct StepMemory {
  const void* const* inputs = nullptr;  ///< already at the window's first element; null if absent
  void* const* outputs = nullptr;
  void* scratch = nullptr;  ///< scratch_bytes() long, 64-byte aligned
  /// For outputs with shape_known == false: gives memory for this shape.
  const std::function<void*(int output, DType, const Shape&)>* allocate = nullptr;
  void* stream = nullptr;  ///< of steps on a GPU: a CUstream; the memory is the GPU's then
};

/// A step made ready for one set of shapes. Immutable after prepare: contexts of equal shapes and
/// several threads may run one object at a time each with its own StepMemory.
class PreparedStep {
 public:
  virtual ~PreparedStep() = default;
  virtual size_t scratch_bytes() const { return 0; }
  /// Which implementation was found ("brgconv:avx2"), for explain and tests; may be empty.
  virtual std::string implementation() const { return {}; }
  /// May throw only for data errors of reference steps (an index out of range); the runtime turns
  /// what is thrown into a Status that names the step.
  /// On a GPU it queues the work and returns; it may be recorded into a graph.
  virtual void run(const StepMemory& memory) = 0;
};

struct StepDef {
  std::string_view kind;     ///< "dnnl.conv"
  std::string_view summary;  ///< one sentence
  /// Throws Error ("step.unsupported") with the reason if these shapes cannot be done.
  std::unique_ptr<PreparedStep> (*prepare)(const StepContext& context);
  bool on_host = false;  ///< runs on the host's memory whatever the engine's device is
};

/// What a backend's shared object exports as `extern "C" const Backend* ingot_backend()`.
struct Backend {
  std::string_view name;  ///< "cpu"
  std::string version;    ///< of its libraries: "oneDNN 3.2.0"
  const StepDef* (*find_step)(std::string_view kind);
  void (*set_threads)(int threads);  ///< for the calling thread's next runs
  /// The GPU of this index. Throws Error ("device.not_available") saying what is missing and where
  /// it was looked for. Null for the CPU.
  std::shared_ptr<Device> (*open_device)(int index) = nullptr;
  /// The index of the GPU with this UUID ("GPU-..."). Throws Error ("device.not_available") naming
  /// those that there are.
  int (*find_device)(std::string_view uuid) = nullptr;
  /// Its devices, a line each, without opening them; with_libraries: also the libraries that it
  /// loads, and from where, which opens them. Null where there is nothing to tell.
  std::vector<std::string> (*report)(bool with_libraries) = nullptr;
};

}  // namespace ingot
