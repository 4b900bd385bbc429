// A plan in memory: what crosses from the compiler to the runtime. The file format is specified in
// docs/plan-format.md; reader.h and writer.h turn one into the other.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/node/attributes.h"
#include "core/tensor/dim.h"
#include "core/tensor/layout.h"
#include "core/tensor/tensor.h"

namespace ingot {

inline constexpr uint32_t kPlanFormatVersion = 1;

/// Where a value's bytes are.
enum class Storage : uint8_t {
  kInput,     ///< the caller's memory, dense; plain except in the one-step plans of the tuner
  kOutput,    ///< the same for results (memory of ours where the caller gives none)
  kConstant,  ///< in the plan's weights
  kArena,     ///< scratch memory of the context, placed by lifetime
  kView,      ///< a window of another value (concat, split, slice), or the same bytes reshaped
  kDynamic,   ///< its size depends on data: allocated when the step that makes it runs
};

struct PlanValue {
  std::string name;
  DType dtype = DType::kUndefined;
  std::vector<int> dims;  ///< indices into Plan::dims
  Layout layout = Layout::kPlain;
  Storage storage = Storage::kArena;
  int constant = -1;     ///< kConstant: index into Plan::constants
  int parent = -1;       ///< kView: a value that is no view itself, or another view
  int axis = -1;         ///< kView: axis of the window; -1: the same bytes with other dims
  int offset = -1;       ///< kView with an axis: index into Plan::dims, elements along axis
  int in_place_of = -1;  ///< kArena: value whose memory it takes over (dead at that step)
};

/// A constant. `format` is empty for dense row-major data, else the packed format's text
/// (core/tensor/packed_format.h) in which `bytes` lie.
struct PlanConstant {
  DType dtype = DType::kUndefined;
  Shape shape;  ///< logical shape, whatever the format
  std::string format;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;  ///< keeps `bytes` alive; null when the plan's mapping does
};

/// Device code that steps launch: compiled for the plan's device, found by its key.
struct PlanKernel {
  std::string key;  ///< hash of its source, options and architecture
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;  ///< as in PlanConstant
};

struct PlanStep {
  std::string name;          ///< unique; made of the ONNX nodes it came from
  std::string kind;          ///< step family of the runtime: "dnnl.conv", "cpu.pointwise", "ref"
  std::string tactic;        ///< full name by docs/tactic-names.md
  Attributes attributes;     ///< the operator's ("ref" steps add op="..."), and the tactic's
  std::vector<int> inputs;   ///< values; -1: absent
  std::vector<int> outputs;  ///< values; -1: absent
  std::vector<std::string> origin;  ///< names of the ONNX nodes
};

struct PlanTensor {
  std::string name;
  int value = -1;
};

struct PlanRange {
  std::string symbol;
  int64_t min = 1, opt = 1, max = 1;
};

struct PlanProfile {
  std::vector<PlanRange> symbols;
};

struct Plan {
  std::string ingot_version;
  std::string device;  ///< fingerprint in words: "cpu AMD EPYC avx2, 2 threads"
  std::string model_hash;
  std::string model_name;
  std::vector<std::string> build_flags;  ///< trtexec's flags that ask for this build again
  std::vector<Dim> dims;  ///< the shape program: every distinct dim, each an expression
  std::vector<PlanValue> values;
  std::vector<PlanConstant> constants;
  std::vector<PlanKernel> kernels;  ///< by key; empty on the CPU
  std::vector<PlanStep> steps;      ///< in execution order
  std::vector<PlanTensor> inputs, outputs;
  std::vector<PlanProfile> profiles;
  std::string graph_text;               ///< the optimised graph
  std::string explain_json;             ///< what `ingot explain` prints; empty under verbosity none
  std::shared_ptr<const void> mapping;  ///< keeps the file of a plan that was read

  /// Index of `dim` in dims, added if it is new.
  int dim_index(const Dim& dim);
  std::vector<int> dim_indices(const SymbolicShape& shape);
};

/// First and last step in which each value's own memory is alive (views extend their parents;
/// values taken over in place end where the taker begins). Outputs live to the end; -1 for values
/// without memory of their own.
struct Lifetime {
  int first = -1, last = -1;
};
std::vector<Lifetime> value_lifetimes(const Plan& plan);

/// Places buffers of these sizes so that those alive together do not overlap. 64-byte aligned.
struct Placement {
  std::vector<size_t> offsets;
  size_t total = 0;
};
Placement place_buffers(std::span<const size_t> sizes, std::span<const Lifetime> lifetimes);

}  // namespace ingot
