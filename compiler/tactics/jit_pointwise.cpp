// jit.pointwise: pointwise clusters and single elementwise operators on floats. jit.elementwise: the
// operators whose results must be exact, on integers, doubles and truth values. jit.cast: any type
// to any other. One kernel does them all (kernels/ops/pointwise.cuh), in the layout that comes; at
// the border of a graph, where a tensor comes or goes plain, also from one layout to another.
#include "compiler/tactics/jit_pointwise.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "compiler/jit/expression_code.h"
#include "compiler/tactics/elementwise_code.h"
#include "compiler/tactics/jit_support.h"
#include "kernels/params/pointwise.h"

namespace ingot {
namespace {

/// @param rounds  results of i8 and u8 are quantised numbers, not what a cast cuts off
std::string preamble(const ElementwiseCode& computed, std::span<const DType> inputs, DType output,
                     std::string_view value, bool rounds, int turned) {
  size_t narrowest = dtype_bytes(output);
  std::string visits;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] == DType::kUndefined) continue;
    narrowest = std::min(narrowest, dtype_bytes(inputs[i]));
    if (computed.read[i]) visits += fmt::format(" visit({}, {})", i, kernel_type(inputs[i]));
  }
  const int count = static_cast<int>(inputs.size());
  std::string text = fmt::format(
      "{}#define INGOT_POINTWISE_INPUTS(visit){}\n"
      "namespace ingot::kernels {{\n"
      "using Value = {};\nusing Out = {};\nconstexpr int kInputs = {};\n"
      "constexpr bool kSaturates = {};\n",
      kExpressionHeader, visits, value, kernel_type(output), count, rounds);
  if (turned >= 0) {
    text += fmt::format("constexpr int kTurned = {};\nusing Turned = {};\n", turned,
                        kernel_type(inputs[static_cast<size_t>(turned)]));
  } else {
    text += fmt::format("constexpr int kVector = {};\n",
                        kernels::pointwise_vector(static_cast<int>(narrowest), count));
  }
  return text + computed.code + "}\n";
}

std::vector<DType> input_types(const TacticNode& node) {
  std::vector<DType> types;
  for (int i = 0; i < node.input_count(); ++i) {
    types.push_back(node.has_input(i) ? node.input_dtype(i) : DType::kUndefined);
  }
  return types;
}

/// The type that a cast goes through: it holds all values of the source.
std::string_view cast_value(DType from, DType to) {
  if (from == DType::kF64 || (from == DType::kU64 && is_float(to))) return "double";
  return is_float(from) ? "float" : "long long";
}

/// The type that a single operator is computed in: that of its widest input.
std::string_view operator_value(std::span<const DType> types) {
  bool integer = false;
  for (const DType type : types) {
    if (type == DType::kF64) return "double";
    integer = integer || is_integer(type);
  }
  return integer ? "long long" : "float";
}

/// Why float kernels cannot read and write these types; empty if they can.
std::string types_refusal(std::span<const DType> inputs, DType output) {
  if (inputs.empty() || inputs.size() > kernels::kMaxPointwiseInputs) {
    return fmt::format("{} inputs, where 1 to {} can be", inputs.size(),
                       kernels::kMaxPointwiseInputs);
  }
  if (!is_kernel_result(output) && output != DType::kBool) {
    return fmt::format("{} results do not fit a float", dtype_name(output));
  }
  for (const DType type : inputs) {
    if (type != DType::kUndefined && kernel_type(type).empty()) {
      return fmt::format("kernels have no {}", dtype_name(type));
    }
  }
  return {};
}

/// What all three ask.
Verdict supports_sizes(const TacticNode& node) {
  if (node.output_count() != 1) return Verdict::no("more than one output");
  if (!node.output_size_known()) return Verdict::no("its size depends on data");
  if (node.output_shape().elements() >= int64_t{1} << 31) {
    return Verdict::no("2^31 and more elements");
  }
  return Verdict::yes();
}

bool is_cast(const TacticNode& node) { return node.op() == "Cast" || node.op() == "CastLike"; }

Verdict supports_pointwise(const TacticNode& node, const Target&) {
  if (is_cast(node)) return Verdict::no("casts are jit.cast's");
  const std::vector<DType> types = input_types(node);
  if (node.op() != "Pointwise" && operator_value(types) != "float") {
    return Verdict::no("integers and doubles are computed exactly");
  }
  if (elementwise_code(node, "float").code.empty()) {
    return Verdict::no(fmt::format("{} is no pointwise operation", node.op()));
  }
  std::string why = types_refusal(types, node.output_dtype());
  return why.empty() ? supports_sizes(node) : Verdict::no(std::move(why));
}

/// Right on the 64 bits of u64 too, which kernels see as long long.
bool same_for_u64(std::string_view op) {
  return op == "Where" || op == "Equal" || op == "Add" || op == "Sub" || op == "Mul" ||
         op.starts_with("Bitwise");
}

Verdict supports_elementwise(const TacticNode& node, const Target&) {
  if (is_cast(node) || node.op() == "Pointwise") return Verdict::no("done by another tactic");
  const std::vector<DType> types = input_types(node);
  const std::string_view value = operator_value(types);
  if (value == "float") return Verdict::no("floats are jit.pointwise's");
  if (elementwise_code(node, value).code.empty()) {
    return Verdict::no(fmt::format("{} is not done on integers and doubles", node.op()));
  }
  for (const DType type : types) {
    if (type != DType::kUndefined && kernel_type(type).empty()) {
      return Verdict::no(fmt::format("kernels have no {}", dtype_name(type)));
    }
    // Values from 2^63 on would be negative.
    if (type == DType::kU64 && !same_for_u64(node.op())) return Verdict::no("u64");
    if (is_kernel_float(type)) return Verdict::no("floats beside integers");
  }
  if (types.size() > kernels::kMaxPointwiseInputs) return Verdict::no("too many inputs");
  return supports_sizes(node);
}

Verdict supports_cast(const TacticNode& node, const Target&) {
  if (node.output_dtype() == DType::kF8E4M3 && node.attributes().integer("saturate", 1) == 0) {
    return Verdict::no("8-bit floats that do not saturate");
  }
  for (const DType type : {node.input_dtype(0), node.output_dtype()}) {
    if (kernel_type(type).empty()) {
      return Verdict::no(fmt::format("kernels have no {}", dtype_name(type)));
    }
  }
  return supports_sizes(node);
}

/// The only input of the output's shape that is computed, or -1: what a change of layout turns.
int turned_input(const TacticNode& node) {
  const Shape shape = node.output_shape();
  int turned = -1;
  for (int i = 0; i < node.input_count(); ++i) {
    if (!node.has_input(i) || node.input_shape(i) != shape) continue;
    if (turned >= 0 || node.is_constant(i)) return -1;
    turned = i;
  }
  return turned;
}

/// A tensor at the border of the graph is plain whatever its neighbours like. In the middle layouts
/// are chosen so that they need no change.
bool at_border(const TacticNode& node, int input) {
  const Graph& graph = node.graph();
  const ValueId source = node.node().inputs[static_cast<size_t>(input)];
  return !graph.producer(source) || graph.is_output(node.node().outputs[0]);
}

std::vector<Candidate> make_candidates(std::string_view kind, const TacticNode& node,
                                       const Target& target, std::string_view value) {
  const ElementwiseCode computed = elementwise_code(node, value);
  const std::vector<DType> types = input_types(node);
  const Shape shape = node.output_shape();
  const bool rounds = value == "float" && !is_cast(node);
  const KernelSource source{"ops/pointwise.cuh",
                            preamble(computed, types, node.output_dtype(), value, rounds, -1)};
  std::vector<Candidate> result;
  for (const Layout layout : gpu_layouts(shape.rank())) {
    Candidate candidate = make_jit_candidate(kind, node, target, layout, source);
    candidate.reads_windows = candidate.writes_windows = true;
    for (int i = 0; i < node.input_count(); ++i) {
      const bool full = node.has_input(i) && node.input_shape(i) == shape;
      // Smaller operands come plain whatever the layout.
      if (!full) candidate.inputs[static_cast<size_t>(i)] = Layout::kPlain;
      if (full && candidate.in_place_input < 0 && !node.is_constant(i) &&
          node.input_dtype(i) == node.output_dtype()) {
        candidate.in_place_input = i;
      }
    }
    result.push_back(std::move(candidate));
  }
  const int turned = turned_input(node);
  const SymbolicShape& dims = node.graph().dims(node.node().outputs[0]);
  if (turned < 0 || shape.rank() < 3 || !at_border(node, turned) ||
      same_bytes(dims, Layout::kPlain, Layout::kChannelsLast)) {
    return result;
  }
  const KernelSource turn{"ops/pointwise_turn.cuh",
                          preamble(computed, types, node.output_dtype(), value, rounds, turned)};
  for (const Layout layout : {Layout::kChannelsLast, Layout::kPlain}) {
    const Layout other = layout == Layout::kPlain ? Layout::kChannelsLast : Layout::kPlain;
    Candidate candidate = make_jit_candidate(kind, node, target, layout, turn,
                                             fmt::format("from_{}", layout_name(other)));
    candidate.reads_windows = candidate.writes_windows = true;
    std::fill(candidate.inputs.begin(), candidate.inputs.end(), Layout::kPlain);
    candidate.inputs[static_cast<size_t>(turned)] = other;
    candidate.attributes.set("turned", int64_t{turned});
    result.push_back(std::move(candidate));
  }
  return result;
}

std::vector<Candidate> pointwise_candidates(const TacticNode& node, const Target& target) {
  return make_candidates("jit.pointwise", node, target, "float");
}

std::vector<Candidate> elementwise_candidates(const TacticNode& node, const Target& target) {
  return make_candidates("jit.elementwise", node, target, operator_value(input_types(node)));
}

std::vector<Candidate> cast_candidates(const TacticNode& node, const Target& target) {
  return make_candidates("jit.cast", node, target,
                         cast_value(node.input_dtype(0), node.output_dtype()));
}

}  // namespace

KernelSource pointwise_source(const Expression& expression, std::span<const DType> inputs,
                              DType output) {
  const ElementwiseCode computed = elementwise_code(expression, inputs.size(), "float");
  return {"ops/pointwise.cuh", preamble(computed, inputs, output, "float", true, -1)};
}

std::string pointwise_refusal(const Expression& expression, std::span<const DType> inputs,
                              DType output) {
  if (expression.input_count() == 0) return "an expression without inputs";
  return types_refusal(inputs, output);
}

extern const TacticDef kJitPointwiseTactic = {
    .name = "jit.pointwise",
    .summary = "Pointwise expressions on floats, one pass over memory.",
    .ops = {},
    .supports = supports_pointwise,
    .candidates = pointwise_candidates,
    .device = "cuda",
};

extern const TacticDef kJitElementwiseTactic = {
    .name = "jit.elementwise",
    .summary = "Elementwise operators on integers, doubles and truth values, exactly.",
    .ops = {},
    .supports = supports_elementwise,
    .candidates = elementwise_candidates,
    .device = "cuda",
};

extern const TacticDef kJitCastTactic = {
    .name = "jit.cast",
    .summary = "Conversion to another type, at the border of a graph to another layout too.",
    .ops = {"Cast", "CastLike"},
    .supports = supports_cast,
    .candidates = cast_candidates,
    .device = "cuda",
};

}  // namespace ingot
