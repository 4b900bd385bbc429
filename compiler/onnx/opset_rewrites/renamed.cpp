// Values and names that changed between opsets: element types in words, defaults, modes, spellings.
#include <limits>

#include <fmt/format.h>

#include "compiler/onnx/opset_rewrites/rewrite.h"

namespace ingot::onnx {
namespace {

/// Cast-1 {to="FLOAT"}  =>  Cast {to=f32}.
void cast_by_name(Rewriting& node) {
  const auto* name = node.attributes.find_as<std::string>("to");
  if (!name) return;
  const DType dtype = dtype_from_onnx_name(*name);
  if (dtype == DType::kUndefined) {
    node.fail("onnx.unsupported_type", fmt::format("Cast: to={} is not supported", *name),
              "use a numeric element type");
  }
  node.attributes.set("to", dtype);
}

void concat_default_axis(Rewriting& node) {
  if (!node.attributes.has("axis")) node.attributes.set("axis", int64_t{1});
}

/// Dropout's mode of training became an input; inference ignores the rest.
void dropout_attributes(Rewriting& node) {
  node.take("ratio");
  node.take("is_test");
}

void scatter_elements(Rewriting& node) { node.op = "ScatterElements"; }

void grid_sample_modes(Rewriting& node) {
  const std::string mode = node.attributes.text("mode", "");
  if (mode == "bilinear") node.attributes.set("mode", "linear");
  if (mode == "bicubic") node.attributes.set("mode", "cubic");
}

void roi_align_default_mode(Rewriting& node) {
  if (!node.attributes.has("coordinate_transformation_mode")) {
    node.attributes.set("coordinate_transformation_mode", "output_half_pixel");
  }
}

void selu_defaults(Rewriting& node) {
  if (!node.attributes.has("alpha")) node.attributes.set("alpha", 1.6732F);
  if (!node.attributes.has("gamma")) node.attributes.set("gamma", 1.0507F);
}

/// The exponent of the first LpPool and GlobalLpPool is a float.
void whole_exponent(Rewriting& node) {
  const auto* p = node.attributes.find_as<float>("p");
  if (!p) return;
  const auto whole = static_cast<int64_t>(*p >= 1 && *p < 64 ? *p : 0);
  if (static_cast<float>(whole) != *p) {
    node.fail_unsupported(fmt::format("p={} is not a whole number", *p), "use p=1 or p=2");
  }
  node.attributes.set("p", whole);
}

void no_scan_before_9(Rewriting& node) {
  node.fail("onnx.unsupported_operator", "Scan of opset 8 is not supported",
            "export the model with opset 9 or newer");
}

/// Deprecated names that models of newer opsets still carry.
constexpr int kAnyOpset = std::numeric_limits<int>::max();

constexpr Rule kRules[] = {
    {"Cast", 6, cast_by_name},
    {"Concat", 4, concat_default_axis},
    {"Dropout", 12, dropout_attributes},
    {"GlobalLpPool", 2, whole_exponent},
    {"GridSample", 20, grid_sample_modes},
    {"LpPool", 2, whole_exponent},
    {"RoiAlign", 16, roi_align_default_mode},
    {"Scan", 9, no_scan_before_9},
    {"Scatter", kAnyOpset, scatter_elements},
    {"Selu", 6, selu_defaults},
};

}  // namespace

std::span<const Rule> renamed_rules() { return kRules; }

}  // namespace ingot::onnx
