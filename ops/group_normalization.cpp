// GroupNormalization: channels are normalised in groups, then each is scaled and shifted.
#include <fmt/format.h>

#include "ops/normalization.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_same_float(node);
  node.require_rank(0, 2);
  require_per_channel(node, 1);
  require_per_channel(node, 2);
  const int64_t groups = node.integer("num_groups");
  const Dim& channels = node.dims(0)[1];
  if (groups < 1 || (channels.is_constant() && channels.constant() % groups != 0)) {
    node.fail("op.bad_attribute",
              fmt::format("num_groups is {}, which does not divide the {} channels", groups,
                          channels.to_string()),
              "correct the attribute");
  }
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() {
    const Elements<T> x(node.input(0)), scale(node.input(1)), bias(node.input(2));
    ElementsToStore<T> y(node.output(0));
    const double epsilon = node.number("epsilon");
    const AxisSplit split = AxisSplit::at(node.input(0).shape, 1);
    const int64_t channels = split.length / node.integer("num_groups");
    const int64_t size = channels * split.inner;
    for (int64_t first = 0; first < split.outer * split.length; first += channels) {
      const auto moments = Moments<T>::of(x.data() + first * split.inner, size, epsilon);
      for (int64_t i = first; i < first + channels; ++i) {
        const T factor = moments.inverse_deviation * scale[i % split.length];
        for (int64_t j = i * split.inner; j < (i + 1) * split.inner; ++j) {
          y[j] = (x[j] - moments.mean) * factor + bias[i % split.length];
        }
      }
    }
  });
}

}  // namespace

extern const OpDef kGroupNormalization = {
    .name = "GroupNormalization",
    .summary = "Normalises groups of channels by their own mean and variance, image by image.",
    .inputs = {{"X", "float, [batch, channels, spatial...]"},
               {"scale", "type of X, [channels]"},
               {"bias", "type of X, [channels]"}},
    .outputs = {{"Y", "type and shape of X"}},
    .attributes = {epsilon_attribute(),
                   {"num_groups", 1, "number of groups; divides the channels", true},
                   {"stash_type", 1, "type of the statistics; always computed in 64 bits here"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
