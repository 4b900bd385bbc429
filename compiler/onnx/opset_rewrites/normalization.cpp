// Normalisations: training leftovers go, scales per group become scales per channel.
#include <fmt/format.h>

#include "compiler/onnx/opset_rewrites/rewrite.h"

namespace ingot::onnx {
namespace {

/// Before opset 9 `spatial=0` normalises every pixel by itself, with parameters of that shape.
void batch_normalization_per_channel(Rewriting& node) {
  node.take("is_test");  // until opset 7; what is left of training are the outputs, see below
  if (node.take_integer("spatial").value_or(1) == 0) {
    node.fail_unsupported("spatial=0 is not supported", "export the model with opset 9 or newer");
  }
}

/// Before opset 14 more than one output means training; unread ones are only leftovers.
void batch_normalization_outputs(Rewriting& node) {
  for (size_t i = 1; i < node.output_count(); ++i) {
    if (!node.output_is_read(i)) continue;
    node.fail("onnx.training_output",
              fmt::format("BatchNormalization: output {} exists in training only", i),
              "export the model for inference (torch: model.eval())");
  }
}

/// GroupNormalization-18(x, s: [G], b: [G])  =>  the same with s and b repeated to [C].
void group_normalization_per_channel(Rewriting& node) {
  const int64_t groups = node.attributes.integer("num_groups", 0);
  const Dim channels = node.rank(0) >= 2 ? node.value(node.input(0)).type.dims[1] : Dim(0);
  if (groups <= 0 || !channels.is_constant() || channels.constant() % groups != 0) {
    node.fail(
        "onnx.unsupported_operator",
        fmt::format("GroupNormalization: {} channels in {} groups", channels.to_string(), groups),
        "export the model with opset 21 or newer, or with a fixed number of channels");
  }
  const int64_t each = channels.constant() / groups;
  for (const size_t i : {1, 2}) {
    const ValueId column = node.emit("Unsqueeze", {node.input(i), node.constant({1})});
    const ValueId repeated = node.emit("Expand", {column, node.constant({groups, each})});
    node.set_input(i, node.emit("Reshape", {repeated, node.constant({channels.constant()})}));
  }
}

/// MeanVarianceNormalization-1 names what it averages over by flags.
void mean_variance_axes(Rewriting& node) {
  const bool across = node.take_integer("across_channels").value_or(0) != 0;
  if (node.take_integer("normalize_variance").value_or(1) == 0) {
    node.fail_unsupported("normalize_variance=0", "export the model with opset 9 or newer");
  }
  std::vector<int64_t> axes{0};
  for (int64_t axis = across ? 1 : 2; axis < node.rank(0); ++axis) axes.push_back(axis);
  node.attributes.set("axes", axes);
}

constexpr Rule kRules[] = {
    {"BatchNormalization", 9, batch_normalization_per_channel},
    {"BatchNormalization", 14, batch_normalization_outputs},
    {"GroupNormalization", 21, group_normalization_per_channel},
    {"MeanVarianceNormalization", 9, mean_variance_axes},
};

}  // namespace

std::span<const Rule> normalization_rules() { return kRules; }

}  // namespace ingot::onnx
