// STFT: the Fourier transforms of windowed frames that slide over a signal.
#include <fmt/format.h>

#include "ops/float_tensor.h"
#include "ops/fourier.h"
#include "ops/outputs.h"

namespace ingot {
namespace {

constexpr int kSignal = 0, kStep = 1, kWindow = 2, kLength = 3;

void infer(InferContext& node) {
  require_float(node, kSignal);
  node.require_rank(kSignal, 3, 3);
  if (node.has_input(kWindow)) node.require_rank(kWindow, 1, 1);
  const SymbolicShape& signal = node.dims(kSignal);
  const auto step = node.known_dims(kStep);
  Dim length = signal[1];
  if (node.has_input(kLength)) {
    const auto given = node.known_dims(kLength);
    length = given && !given->empty() ? given->front() : node.unknown_dim(0, 2);
  } else if (node.has_input(kWindow)) {
    length = node.dims(kWindow)[0];
  }
  if (node.has_input(kWindow)) {
    require_equal(node, node.dims(kWindow)[0], length, "lengths of the window and of a frame");
  }
  const Dim frames = step && step->size() == 1
                         ? Dim::floor_div(signal[1] - length, step->front()) + Dim(1)
                         : node.unknown_dim(0, 1);
  const Dim bins = node.integer("onesided") ? Dim::floor_div(length, 2) + Dim(1) : length;
  node.set_output(0, node.input(kSignal).dtype, {signal[0], frames, bins, 2});
}

void evaluate(Reference& node) {
  allocate_outputs(node);
  const Shape& signal = node.input(kSignal).shape;
  const Shape& shape = node.output(0).shape;
  const int64_t step = node.input_integers(kStep)[0], parts = signal[2];
  const int64_t length = node.has_input(kLength)   ? node.input_integers(kLength)[0]
                         : node.has_input(kWindow) ? node.input(kWindow).shape[0]
                                                   : signal[1];
  const Elements<double> x(node.input(kSignal));
  const Elements<double> window(node.has_input(kWindow) ? node.input(kWindow) : TensorView{});
  ElementsToStore<double> y(node.output(0));
  std::vector<std::complex<double>> frame(static_cast<size_t>(length));
  for (int64_t row = 0; row < shape[0] * shape[1]; ++row) {
    const int64_t first = row / shape[1] * signal[1] + row % shape[1] * step;
    for (int64_t i = 0; i < length; ++i) {
      const int64_t at = (first + i) * parts;
      const double weight = window.data() ? window[i] : 1.0;
      frame[static_cast<size_t>(i)] = {weight * x[at], parts == 2 ? weight * x[at + 1] : 0.0};
    }
    const auto spectrum = fourier_transform(frame, false);
    for (int64_t bin = 0; bin < shape[2]; ++bin) {
      y[(row * shape[2] + bin) * 2] = spectrum[static_cast<size_t>(bin)].real();
      y[(row * shape[2] + bin) * 2 + 1] = spectrum[static_cast<size_t>(bin)].imag();
    }
  }
}

}  // namespace

extern const OpDef kSTFT = {
    .name = "STFT",
    .summary = "The Fourier transforms of windowed frames that slide over a signal.",
    .inputs = {{"signal", "float, [batch, length, 1 (real) or 2 (complex)]"},
               {"frame_step", "integer, a scalar: distance between frames"},
               {"window", "type of signal, [frame length]; ones if absent", OpPort::kOptional},
               {"frame_length", "integer, a scalar; that of the window if absent",
                OpPort::kOptional}},
    .outputs = {{"output", "type of signal, [batch, frames, bins, 2]"}},
    .attributes = {{"onesided", 1, "1: only the first half of each spectrum is given"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
