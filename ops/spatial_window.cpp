// Sizes and padding of sliding windows: explicit pads, auto_pad, ceil_mode.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "ops/infer.h"

namespace ingot {
namespace {

bool defines(const NodeAttributes& node, std::string_view name) {
  return std::ranges::any_of(node.op().attributes,
                             [&](const OpAttribute& known) { return known.name == name; });
}

/// One entry per place; `value` everywhere where the attribute is absent or empty.
std::vector<int64_t> entries(const NodeAttributes& node, std::string_view name, size_t count,
                             int64_t value, int64_t lowest) {
  std::vector<int64_t> given;
  if (defines(node, name)) given = node.integers(name);
  if (given.empty()) return std::vector<int64_t>(count, value);
  if (given.size() == count && std::ranges::min(given) >= lowest) return given;
  fail({"op.bad_attribute",
        fmt::format("{}: {}=[{}] must have {} entries of at least {}", node.op().name, name,
                    fmt::join(given, ","), count, lowest),
        "", "give one entry per spatial axis (pads: two)"});
}

}  // namespace

SpatialWindow spatial_window(const NodeAttributes& node, std::vector<int64_t> kernel) {
  const size_t axes = kernel.size();
  SpatialWindow window;
  window.kernel = std::move(kernel);
  window.strides = entries(node, "strides", axes, 1, 1);
  window.dilations = entries(node, "dilations", axes, 1, 1);
  window.pads = entries(node, "pads", 2 * axes, 0, std::numeric_limits<int32_t>::min());
  window.auto_pad = defines(node, "auto_pad") ? node.text("auto_pad") : "NOTSET";
  if (window.auto_pad.empty()) window.auto_pad = "NOTSET";
  const std::vector<std::string> known = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"};
  if (std::ranges::find(known, window.auto_pad) == known.end()) {
    fail({"op.bad_attribute",
          fmt::format("{}: auto_pad \"{}\" is unknown", node.op().name, window.auto_pad), "",
          suggest(window.auto_pad, known)});
  }
  window.ceil_mode = defines(node, "ceil_mode") && node.integer("ceil_mode") != 0;
  return window;
}

Dim SpatialWindow::output_size(int spatial_axis, const Dim& input) const {
  const auto axis = static_cast<size_t>(spatial_axis);
  const int64_t stride = strides[axis];
  if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") return Dim::ceil_div(input, stride);
  const bool explicit_pads = auto_pad != "VALID";
  const int64_t begin = explicit_pads ? pads[axis] : 0;
  const int64_t end = explicit_pads ? pads[axis + kernel.size()] : 0;
  const int64_t extent = (kernel[axis] - 1) * dilations[axis] + 1;
  const Dim room = input + begin + end - extent;
  Dim size = Dim::floor_div(room, stride) + 1;
  if (ceil_mode) {
    // A window that would begin in the padding after the last element does not count.
    size = Dim::min(Dim::ceil_div(room, stride) + 1, Dim::ceil_div(input + begin, stride));
  }
  if (size.is_constant() && size.constant() <= 0 && !(input == 0)) {
    fail({"op.window_too_large",
          fmt::format("a window of {} elements does not fit into {} with pads {} and {}", extent,
                      input.to_string(), begin, end),
          "", "use larger inputs, or check kernel, dilations and pads"});
  }
  return input == 0 && size.is_constant() ? Dim(std::max<int64_t>(0, size.constant())) : size;
}

int64_t SpatialWindow::begin_pad(int spatial_axis, int64_t input) const {
  const auto axis = static_cast<size_t>(spatial_axis);
  if (auto_pad == "VALID") return 0;
  if (auto_pad != "SAME_UPPER" && auto_pad != "SAME_LOWER") return pads[axis];
  const int64_t output = (input + strides[axis] - 1) / strides[axis];
  const int64_t covered = (output - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1;
  const int64_t total = std::max<int64_t>(0, covered - input);
  return auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
}

}  // namespace ingot
