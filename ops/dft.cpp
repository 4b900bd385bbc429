// DFT: the discrete Fourier transform along one axis of real or complex values.
#include <fmt/format.h>

#include <algorithm>

#include "ops/float_tensor.h"
#include "ops/fourier.h"
#include "ops/outputs.h"

namespace ingot {
namespace {

constexpr int kLength = 1, kAxis = 2;

void infer(InferContext& node) {
  require_float(node, 0);
  node.require_rank(0, 2);
  const int rank = node.rank(0);
  int64_t axis = -2;
  if (node.has_input(kAxis)) {
    const auto given = node.known_integers(kAxis);
    if (!given || given->size() != 1) {
      node.fail("op.unknown_axes", "the axis is computed at run time", "use a constant axis");
    }
    axis = given->front();
  }
  const auto at = static_cast<size_t>(normalize_axis(axis, rank, node.op().name));
  SymbolicShape dims = node.dims(0);
  if (at + 1 == dims.size()) {
    node.fail("op.bad_axis", "the last axis holds real and imaginary parts", "use another axis");
  }
  const bool inverse = node.integer("inverse") != 0, onesided = node.integer("onesided") != 0;
  Dim length = inverse && onesided ? Dim(2) * (dims[at] - Dim(1)) : dims[at];
  if (node.has_input(kLength)) {
    const auto given = node.known_dims(kLength);
    length = given ? given->front() : node.unknown_dim(0, static_cast<int>(at));
  }
  dims[at] = onesided && !inverse ? Dim::floor_div(length, 2) + Dim(1) : length;
  dims.back() = onesided && inverse ? 1 : 2;
  node.set_output(0, node.input(0).dtype, std::move(dims));
}

void evaluate(Reference& node) {
  allocate_outputs(node);
  const Shape& shape = node.input(0).shape;
  const Shape& result_shape = node.output(0).shape;
  const int axis = normalize_axis(node.has_input(kAxis) ? node.input_integers(kAxis)[0] : -2,
                                  shape.rank(), node.op().name);
  const bool inverse = node.integer("inverse") != 0, onesided = node.integer("onesided") != 0;
  const bool to_real = inverse && onesided;
  const int64_t parts = shape[shape.rank() - 1], out_parts = result_shape[shape.rank() - 1];
  const AxisSplit from = AxisSplit::at(shape, axis), to = AxisSplit::at(result_shape, axis);
  int64_t length = to_real ? 2 * (from.length - 1) : from.length;
  if (node.has_input(kLength)) length = node.input_integers(kLength)[0];

  const Elements<double> x(node.input(0));
  ElementsToStore<double> y(node.output(0));
  const int64_t inner = from.inner / parts;
  for (int64_t row = 0; row < from.outer * inner; ++row) {
    const int64_t outer = row / inner, offset = row % inner;
    std::vector<std::complex<double>> values(static_cast<size_t>(length));
    for (int64_t i = 0; i < std::min(length, from.length); ++i) {
      const int64_t at = ((outer * from.length + i) * inner + offset) * parts;
      values[static_cast<size_t>(i)] = {x[at], parts == 2 ? x[at + 1] : 0.0};
    }
    if (to_real) {  // the other half is the mirrored conjugate
      for (int64_t i = length / 2 + 1; i < length; ++i) {
        values[static_cast<size_t>(i)] = std::conj(values[static_cast<size_t>(length - i)]);
      }
    }
    const auto result = fourier_transform(values, inverse);
    for (int64_t i = 0; i < to.length; ++i) {
      const int64_t at = ((outer * to.length + i) * inner + offset) * out_parts;
      y[at] = result[static_cast<size_t>(i)].real();
      if (out_parts == 2) y[at + 1] = result[static_cast<size_t>(i)].imag();
    }
  }
}

}  // namespace

extern const OpDef kDFT = {
    .name = "DFT",
    .summary = "The discrete Fourier transform along one axis.",
    .inputs = {{"input", "float, [..., 1] (real) or [..., 2] (real and imaginary)"},
               {"dft_length", "integer, a scalar: the signal is cut or padded to it",
                OpPort::kOptional},
               {"axis", "i64, a scalar: the axis; -2 if absent", OpPort::kOptional}},
    .outputs = {{"output", "type of input, [..., 2], or [..., 1] of the one-sided inverse"}},
    .attributes = {{"inverse", 0, "1: the inverse transform, divided by the length"},
                   {"onesided", 0, "1: only the first half of the spectrum is given (or taken)"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
