// cudnn.conv and cudnn.deconv: convolutions by cuDNN's graphs.
//
// Sums with a residual and a bias, and ReLU, stand in the order in which cuDNN has engines compiled
// beforehand. What an epilogue has beyond that is either part of the graph ("fused": cuDNN compiles
// a kernel while the step is prepared), or done by a kernel of ours over the output; where even the
// sums have no such engine, that kernel does all of the epilogue ("bare").
#include <fmt/core.h>

#include <algorithm>

#include "compiler/tactics/cudnn_support.h"
#include "compiler/tactics/jit_support.h"
#include "compiler/tactics/library_support.h"

namespace ingot {
namespace {

constexpr int kFirstExtra = kCudnnFirstExtra;

Verdict supports(const TacticNode& node, const Target& target) {
  if (!target.gpu.has_cudnn) return Verdict::no("no cuDNN: " + target.gpu.cudnn_missing);
  if (!node.is_constant(1)) return Verdict::no("the weights are computed at run time");
  const int rank = node.input_shape(0).rank();
  if (rank < 3 || rank > 5) {
    return Verdict::no(fmt::format("{} spatial axes; cuDNN has 1 to 3", rank - 2));
  }
  if (node.output_shape().elements() == 0) return Verdict::no("an output without elements");
  if (multiplies_integers(node)) {
    if (node.op() != "Conv") return Verdict::no("a transposed convolution of integers");
    return supports_narrow_conv(node, target);
  }
  for (int i = 1; i < kFirstExtra; ++i) {
    if (node.has_input(i) && node.input_dtype(i) != node.input_dtype(0)) {
      return Verdict::no("input, weights and bias have different types");
    }
  }
  return library_computes(node.input_dtype(0), target);
}

/// A number for each channel, axis 1 of the output.
bool is_channel_vector(const Shape& shape, const Shape& output) {
  const int axis = 1 - (output.rank() - shape.rank());
  return axis >= 0 && shape[axis] == output[1] && shape.elements() == output[1];
}

/// Seen on an H100 with cuDNN 9.19: of a grouped transposed convolution with unequal pads
/// some engines give wrong numbers.
Verdict supports_deconv(const TacticNode& node, const Target& target) {
  if (node.attributes().integer("group", 1) > 1) {
    return Verdict::no("groups, of which some of cuDNN's engines give wrong sums");
  }
  return supports(node, target);
}

}  // namespace

bool cudnn_can_fuse(const TacticNode& node, const Expression& expression) {
  const auto nodes = expression.nodes();
  const auto is_constant = [&](const ExpressionNode& reader, int operand) {
    return nodes[static_cast<size_t>(reader.operands[operand])].op == ScalarOp::kConstant;
  };
  const Shape output = node.output_shape();
  const auto can = [&](const ExpressionNode& operation) {
    switch (operation.op) {
      case ScalarOp::kConstant:
        return true;
      case ScalarOp::kInput: {
        if (operation.index == 0) return true;
        const int input = kFirstExtra - 1 + operation.index;
        const DType dtype = node.input_dtype(input);
        const bool fits = multiplies_integers(node)
                              ? is_kernel_result(dtype)
                              : dtype == DType::kF32 || dtype == node.output_dtype();
        if (!fits) return false;
        const Shape shape = node.input_shape(input);
        return shape == output || is_channel_vector(shape, output);
      }
      case ScalarOp::kAbs:
      case ScalarOp::kNeg:
      case ScalarOp::kExp:
      case ScalarOp::kSqrt:
      case ScalarOp::kErf:
      case ScalarOp::kTanh:
      case ScalarOp::kSigmoid:
      case ScalarOp::kRelu:
      case ScalarOp::kSilu:
      case ScalarOp::kGelu:
      case ScalarOp::kGeluTanh:
      case ScalarOp::kHardSwish:
      case ScalarOp::kSoftplus:
      case ScalarOp::kMish:
        return !is_constant(operation, 0);
      case ScalarOp::kAdd:
      case ScalarOp::kSub:
      case ScalarOp::kMul:
      case ScalarOp::kDiv:
      case ScalarOp::kMin:
      case ScalarOp::kMax:
        return true;
      case ScalarOp::kPrelu:
      case ScalarOp::kElu:
        return !is_constant(operation, 0) && is_constant(operation, 1);
      case ScalarOp::kClip:
      case ScalarOp::kHardSigmoid:
        return !is_constant(operation, 0) && is_constant(operation, 1) && is_constant(operation, 2);
      default:
        return false;
    }
  };
  return std::all_of(nodes.begin(), nodes.end(), can);
}

namespace {

/// How the work is shared between cuDNN and a kernel of ours.
enum class Variant {
  kSums,   ///< cuDNN adds and does a ReLU that comes next, the kernel does what is left
  kFused,  ///< cuDNN does everything in a graph that it compiles
  kBare,   ///< cuDNN convolves only
};

/// The epilogue with the operator's own bias, as its last input.
Expression with_bias(const Expression* epilogue, int bias) {
  Expression whole;
  std::vector<int> inputs = {whole.add(ScalarOp::kAdd, whole.add_input(0), whole.add_input(bias))};
  for (int i = 1; i < bias; ++i) inputs.push_back(whole.add_input(i));
  whole.finish(epilogue ? whole.inline_expression(*epilogue, inputs) : inputs[0]);
  return whole;
}

class Proposals {
 public:
  Proposals(std::string_view kind, const TacticNode& node, const Target& target)
      : kind_(kind),
        node_(node),
        target_(target),
        whole_(node.attributes().expression("epilogue")) {
    if (whole_ && whole_->empty()) whole_ = nullptr;
    epilogue_ = split_epilogue(whole_, [&](int extra) {
      const Addend addend = addend_of(node, kFirstExtra, extra, 1);
      // The operator's own bias comes first, and there is place for one.
      return addend == Addend::kBias && node.has_input(2) ? Addend::kNone : addend;
    });
  }

  bool has_rest() const { return !epilogue_.after_relu.empty(); }
  bool can_fuse() const { return cudnn_can_fuse(node_, epilogue_.activation); }
  bool is_bare() const { return !whole_ && !node_.has_input(2); }

  void add(Variant variant, Layout layout, int rank) {
    const std::string_view name = variant == Variant::kFused  ? "fused_"
                                  : variant == Variant::kBare ? "bare_"
                                                              : "";
    Candidate candidate =
        make_candidate(kind_, node_, target_, layout, fmt::format("{}r{}", name, rank));
    set_library_choice(&candidate, target_, rank);
    if (variant == Variant::kBare) {
      const bool bias = node_.has_input(2);
      const int bias_input = bias ? std::max(1, whole_ ? whole_->input_count() : 1) : 0;
      const Expression tail = bias ? with_bias(whole_, bias_input) : *whole_;
      if (!add_tail(&candidate, node_, target_, kFirstExtra, tail, bias_input)) return;
    } else {
      candidate.attributes.set("residual", int64_t{epilogue_.residual});
      candidate.attributes.set("bias", int64_t{epilogue_.bias});
    }
    if (variant == Variant::kFused) candidate.attributes.set("fused", epilogue_.activation);
    if (variant == Variant::kSums) {
      candidate.attributes.set("relu", int64_t{epilogue_.relu});
      if (has_rest() && !add_tail(&candidate, node_, target_, kFirstExtra, epilogue_.after_relu)) {
        return;
      }
    }
    found.push_back(std::move(candidate));
  }

  std::vector<Candidate> found;

 private:
  std::string_view kind_;
  const TacticNode& node_;
  const Target& target_;
  const Expression* whole_;
  LibraryEpilogue epilogue_;
};

std::vector<Candidate> make_candidates(std::string_view kind, const TacticNode& node,
                                       const Target& target, bool sums_are_compiled) {
  Proposals proposals(kind, node, target);
  // f32 has good kernels for channels in front, too.
  std::vector<Layout> layouts = {Layout::kChannelsLast};
  if (node.input_dtype(0) == DType::kF32) layouts.push_back(Layout::kPlain);
  // Of what has few engines compiled beforehand, a graph of the convolution alone has more.
  const bool grouped = node.attributes().integer("group", 1) > 1;
  const bool bare = (sums_are_compiled || grouped) && !proposals.is_bare();
  const int ranks = library_ranks(target), compiled_ranks = std::min(ranks, kMaxCompiledRanks);
  for (int rank = 0; rank < ranks; ++rank) {
    for (const Layout layout : layouts) {
      if (bare) proposals.add(Variant::kBare, layout, rank);
      const bool compiles = sums_are_compiled && !proposals.is_bare();
      if (rank < (compiles ? compiled_ranks : ranks)) proposals.add(Variant::kSums, layout, rank);
      if (proposals.has_rest() && proposals.can_fuse() && rank < compiled_ranks) {
        proposals.add(Variant::kFused, layout, rank);
      }
    }
  }
  return std::move(proposals.found);
}

std::vector<Candidate> conv_candidates(const TacticNode& node, const Target& target) {
  if (multiplies_integers(node)) return narrow_conv_candidates(node, target);
  return make_candidates("cudnn.conv", node, target, /*sums_are_compiled=*/false);
}

std::vector<Candidate> deconv_candidates(const TacticNode& node, const Target& target) {
  return make_candidates("cudnn.deconv", node, target, /*sums_are_compiled=*/true);
}

}  // namespace

extern const TacticDef kCudnnConvTactic = {
    .name = "cudnn.conv",
    .summary = "Convolution with bias and epilogue by cuDNN.",
    .ops = {"Conv"},
    .supports = supports,
    .candidates = conv_candidates,
    .device = "cuda",
};

extern const TacticDef kCudnnDeconvTactic = {
    .name = "cudnn.deconv",
    .summary = "Transposed convolution with bias and epilogue by cuDNN.",
    .ops = {"ConvTranspose"},
    .supports = supports_deconv,
    .candidates = deconv_candidates,
    .device = "cuda",
};

}  // namespace ingot
