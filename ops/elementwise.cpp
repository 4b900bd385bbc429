// Shape rules shared by the elementwise operators.
#include "ops/elementwise.h"

namespace ingot {
namespace {

[[noreturn]] void bad_type(const InferContext& node, int i, std::string_view wanted) {
  node.fail("op.bad_type",
            "input " + std::to_string(i) + " is " + std::string(dtype_name(node.input(i).dtype)) +
                ", but must be " + std::string(wanted),
            "insert a Cast before it");
}

}  // namespace

void require_number(const InferContext& node, int i) {
  const DType dtype = node.input(i).dtype;
  if (!is_float(dtype) && !is_integer(dtype)) bad_type(node, i, "a float or an integer");
}

void require_integer(const InferContext& node, int i) {
  if (!is_integer(node.input(i).dtype)) bad_type(node, i, "an integer");
}

void require_bool(const InferContext& node, int i) {
  if (node.input(i).dtype != DType::kBool) bad_type(node, i, "bool");
}

void infer_map(InferContext& node) { node.set_output(0, node.input(0).dtype, node.dims(0)); }

void infer_float_map(InferContext& node) {
  if (!is_float(node.input(0).dtype)) bad_type(node, 0, "a float");
  infer_map(node);
}

void infer_number_map(InferContext& node) {
  require_number(node, 0);
  infer_map(node);
}

void infer_bool_map(InferContext& node) { node.set_output(0, DType::kBool, node.dims(0)); }

SymbolicShape broadcast_inputs(const InferContext& node) {
  SymbolicShape dims = node.dims(0);
  for (int i = 1; i < node.input_count(); ++i) dims = broadcast(dims, node.dims(i), node.op().name);
  return dims;
}

void infer_broadcast_numbers(InferContext& node, BinaryFold fold) {
  for (int i = 0; i < node.input_count(); ++i) {
    require_number(node, i);
    node.require_same_dtype(0, i);
  }
  node.set_output(0, node.input(0).dtype, broadcast_inputs(node));
  if (fold != nullptr) fold_contents(node, fold);
}

void infer_broadcast_integers(InferContext& node) {
  for (int i = 0; i < node.input_count(); ++i) {
    require_integer(node, i);
    node.require_same_dtype(0, i);
  }
  node.set_output(0, node.input(0).dtype, broadcast_inputs(node));
}

void infer_comparison(InferContext& node, BinaryFold fold) {
  node.require_same_dtype(0, 1);
  node.set_output(0, DType::kBool, broadcast_inputs(node));
  if (fold != nullptr) fold_contents(node, fold);
}

void infer_logical(InferContext& node, BinaryFold fold) {
  for (int i = 0; i < node.input_count(); ++i) require_bool(node, i);
  node.set_output(0, DType::kBool, broadcast_inputs(node));
  if (fold != nullptr) fold_contents(node, fold);
}

}  // namespace ingot
