// MelWeightMatrix: the matrix that turns a spectrum into bands of the mel scale.
#include <algorithm>
#include <cmath>

#include "ops/float_tensor.h"
#include "ops/outputs.h"

namespace ingot {
namespace {

constexpr int kBands = 0, kLength = 1, kRate = 2, kLow = 3, kHigh = 4;

void infer(InferContext& node) {
  const auto bands = node.known_dims(kBands), length = node.known_dims(kLength);
  node.set_output(0, node.dtype("output_datatype"),
                  {length && length->size() == 1 ? Dim::floor_div(length->front(), 2) + Dim(1)
                                                 : node.unknown_dim(0, 0),
                   bands && bands->size() == 1 ? bands->front() : node.unknown_dim(0, 1)});
}

void evaluate(Reference& node) {
  allocate_outputs(node);
  const int64_t bins = node.output(0).shape[0], bands = node.output(0).shape[1];
  const auto to_mel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
  const double low = to_mel(node.input_floats(kLow)[0]), high = to_mel(node.input_floats(kHigh)[0]);
  const double step = (high - low) / static_cast<double>(bands + 2);
  const auto length = static_cast<double>(node.input_integers(kLength)[0]);
  const auto rate = static_cast<double>(node.input_integers(kRate)[0]);
  // The bin under each corner of the triangles.
  const auto corner = [&](int64_t i) {
    const double hertz = 700 * (std::pow(10, (low + step * static_cast<double>(i)) / 2595) - 1);
    return static_cast<int64_t>(std::floor((length + 1) * hertz / rate));
  };
  ElementsToStore<double> y(node.output(0));
  for (int64_t band = 0; band < bands; ++band) {
    const int64_t left = corner(band), centre = corner(band + 1), right = corner(band + 2);
    for (int64_t bin = std::max<int64_t>(0, left);
         bin < std::min(bins, std::max(right, centre + 1)); ++bin) {
      const bool rising = bin < centre || (bin == centre && right == centre);
      const int64_t width = rising ? centre - left : right - centre;
      const int64_t distance = rising ? bin - left : right - bin;
      y[bin * bands + band] =
          width == 0 ? 1.0 : static_cast<double>(distance) / static_cast<double>(width);
    }
  }
}

}  // namespace

extern const OpDef kMelWeightMatrix = {
    .name = "MelWeightMatrix",
    .summary = "The matrix that turns a spectrum into bands of the mel scale.",
    .inputs = {{"num_mel_bins", "i32 or i64, a scalar"},
               {"dft_length", "i32 or i64, a scalar"},
               {"sample_rate", "i32 or i64, a scalar"},
               {"lower_edge_hertz", "float, a scalar"},
               {"upper_edge_hertz", "float, a scalar"}},
    .outputs = {{"output", "type output_datatype, [dft_length / 2 + 1, num_mel_bins]"}},
    .attributes = {{"output_datatype", DType::kF32, "type of the output"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
