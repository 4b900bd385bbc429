// Upsample and the forms of Resize: all become Resize with its coordinate rule written out.
//
//   Upsample-9(x, scales)    =>    Resize(x, , scales) {coordinate_transformation_mode="asymmetric",
//                                                       nearest_mode="floor"}
#include <fmt/format.h>

#include <algorithm>

#include "compiler/onnx/opset_rewrites/rewrite.h"

namespace ingot::onnx {
namespace {

/// Sets the meaning of Upsample and Resize-10, whose output pixel i looks at i / scale. The nearest
/// one is the pixel before; where Resize-10 shrinks, the pixel after.
void set_asymmetric(Rewriting& node, ValueId scales) {
  const ValueId x = node.input(0);
  node.inputs = {x, ValueId{}, scales};
  const std::string mode = node.take_text("mode", "nearest");
  node.attributes.set("mode", mode == "bilinear" || mode == "trilinear" ? "linear" : mode);
  node.attributes.set("coordinate_transformation_mode", "asymmetric");
  std::string rounding = "floor";
  if (const auto factors = node.floats(2)) {
    const auto shrinks = [](float factor) { return factor < 1; };
    const auto grows = [](float factor) { return factor > 1; };
    if (std::ranges::any_of(*factors, shrinks)) {
      rounding = "ceil";
      if (mode == "nearest" && std::ranges::any_of(*factors, grows)) {
        node.fail_unsupported("one axis grows and another shrinks",
                              "export the model with opset 11 or newer");
      }
    }
  }
  node.attributes.set("nearest_mode", rounding);
}

void upsample(Rewriting& node) {
  ValueId scales;
  if (node.has_input(1)) {
    scales = node.input(1);
  } else {
    std::vector<float> factors;
    if (const auto given = node.take("scales")) {
      const auto* list = std::get_if<std::vector<float>>(&*given);
      if (!list) {
        node.fail("onnx.bad_attribute", "Upsample: attribute scales is no list of floats",
                  "export the model again; its exporter has a bug");
      }
      factors = *list;
    } else {
      const auto height = node.take_number("height_scale"), width = node.take_number("width_scale");
      if (!height || !width) {
        node.fail("onnx.missing_attribute", "Upsample: there are no scales",
                  "export the model again; its exporter has a bug");
      }
      factors = {1, 1, *height, *width};
    }
    scales = node.constant(Tensor::from_floats(factors, {static_cast<int64_t>(factors.size())}));
  }
  node.op = "Resize";
  set_asymmetric(node, scales);
}

void resize_10(Rewriting& node) { set_asymmetric(node, node.input(1)); }

/// Exporters pass empty tensors for inputs that are not used.
void drop_empty_inputs(Rewriting& node) {
  for (const size_t i : {3, 2, 1}) {
    if (!node.has_input(i)) continue;
    const SymbolicShape& dims = node.value(node.input(i)).type.dims;
    if (dims.size() == 1 && dims[0] == Dim(0)) node.drop_input(i);
  }
}

constexpr Rule kRules[] = {
    {"Upsample", kAlways, upsample},
    {"Resize", 11, resize_10},
    {"Resize", kAlways, drop_empty_inputs},
};

}  // namespace

std::span<const Rule> resize_rules() { return kRules; }

}  // namespace ingot::onnx
