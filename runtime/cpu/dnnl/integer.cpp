// Epilogues of integer products in oneDNN's words: see the header.
#include "runtime/cpu/dnnl/integer.h"

#include <algorithm>
#include <cmath>

#include "runtime/cpu/integer/columns.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

bool has_dot_products() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41:
    case dnnl::cpu_isa::avx:
    case dnnl::cpu_isa::avx2:
    case dnnl::cpu_isa::avx512_core:
      return false;
    default:
      return true;
  }
}

std::vector<float> divided(std::vector<float> values, float by) {
  for (float& value : values) value /= by;
  return values;
}

/// The clamp of `node`, without the sides that storing as `dtype` has too.
int clamp(Expression* rest, int node, float low, float high, DType dtype) {
  if (dtype == DType::kU8 && low <= 0) low = -INFINITY;
  if (dtype == DType::kU8 && high >= 255) high = INFINITY;
  if (dtype == DType::kI8 && low <= -128) low = -INFINITY;
  if (dtype == DType::kI8 && high >= 127) high = INFINITY;
  if (low == 0 && high == INFINITY) return rest->add(ScalarOp::kRelu, node);
  if (std::isfinite(low) && std::isfinite(high)) {
    const int from = rest->add_constant(low), to = rest->add_constant(high);
    return rest->add(ScalarOp::kClip, node, from, to);
  }
  if (std::isfinite(low)) return rest->add(ScalarOp::kMax, node, rest->add_constant(low));
  if (std::isfinite(high)) return rest->add(ScalarOp::kMin, node, rest->add_constant(high));
  return node;
}

/// In units of the residual, which then needs no factor of its own.
ScaledEpilogue from_affine(const AffineEpilogue& affine, DType dtype) {
  const bool adds = affine.residual != 0 && affine.factor != 0;
  const float unit = adds ? affine.factor : 1;
  ScaledEpilogue result{divided(affine.scale, unit), divided(affine.bias, unit), {}};
  Expression& rest = result.rest;
  int node = rest.add_input(0);
  if (adds) node = rest.add(ScalarOp::kAdd, node, rest.add_input(affine.residual));
  if (unit != 1) node = rest.add(ScalarOp::kMul, node, rest.add_constant(unit));
  rest.finish(clamp(&rest, node, affine.low, affine.high, dtype));
  return result;
}

}  // namespace

void require_exact_sums(const StepContext& context) {
  if (has_dot_products()) return;
  const bool small =
      context.inputs()[0].dtype == DType::kU8 && context.attributes().integer("x_max", 255) <= 127;
  if (!small) {
    unsupported(context, "without VNNI oneDNN's 16-bit sums of u8 beyond 127, or of i8, saturate");
  }
}

ScaledEpilogue scaled_epilogue(const Expression& epilogue, const std::vector<StepTensor>& extras,
                               const StepTensor& output, int column_axis) {
  if (const auto affine = affine_epilogue(epilogue, extras, output.shape, column_axis)) {
    return from_affine(*affine, output.dtype);
  }
  // As far as one operation after the other only scales and shifts.
  const auto nodes = epilogue.nodes();
  int last = 0;
  while (nodes[static_cast<size_t>(last)].op != ScalarOp::kInput ||
         nodes[static_cast<size_t>(last)].index != 0) {
    ++last;
  }
  AffineEpilogue scales;
  scales.scale = {1};
  scales.bias = {0};
  for (int next = only_reader(nodes, last); next >= 0; next = only_reader(nodes, next)) {
    const auto affine =
        affine_epilogue(part_of(epilogue, -1, next), extras, output.shape, column_axis);
    const bool only_scales =
        affine && affine->residual == 0 && std::isinf(affine->low) && std::isinf(affine->high);
    if (!only_scales) break;
    scales = *affine;
    last = next;
  }
  return {scales.scale, scales.bias, part_of(epilogue, last, epilogue.result())};
}

}  // namespace ingot
