// Softmax, LogSoftmax and Hardmax before opset 13: they see a matrix, cut before `axis` (default 1).
//
//   y = Softmax-11(x) {axis=1}    =>    y = Reshape(Softmax(Flatten(x) {axis=1}), Shape(x))
//
// With one axis (or only ones) after the cut it is the newest meaning already.
#include <algorithm>

#include "compiler/onnx/opset_rewrites/rewrite.h"

namespace ingot::onnx {
namespace {

void matrix_softmax(Rewriting& node) {
  const int rank = node.rank(0);
  const int64_t given = node.take_integer("axis").value_or(1);
  const int64_t axis = given < 0 ? given + rank : given;
  if (axis < 0 || axis > rank) {
    node.fail("op.bad_axis", node.op + ": axis is outside of the input's rank",
              "export the model again; its exporter has a bug");
  }
  if (axis == rank - 1) {
    node.attributes.set("axis", int64_t{-1});
    return;
  }
  const ValueId x = node.input(0);
  const ValueId matrix = node.emit("Flatten", {x}, [&] {
    Attributes attributes;
    attributes.set("axis", axis);
    return attributes;
  }());
  Attributes last;
  last.set("axis", int64_t{-1});
  const ValueId result = node.emit(node.op, {matrix}, last);
  node.finish({node.emit("Reshape", {result, node.emit("Shape", {x})})});
}

constexpr Rule kRules[] = {
    {"Softmax", 13, matrix_softmax},
    {"LogSoftmax", 13, matrix_softmax},
    {"Hardmax", 13, matrix_softmax},
};

}  // namespace

std::span<const Rule> softmax_rules() { return kRules; }

}  // namespace ingot::onnx
