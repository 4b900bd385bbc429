// ReverseSequence: the first elements of each sequence backwards, the rest as they are.
#include <cstring>

#include "core/base/error.h"
#include "ops/elementwise.h"
#include "ops/reference.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  node.require_rank(0, 2);
  node.require_rank(1, 1, 1);
  require_integer(node, 1);
  const int batch = node.axis("batch_axis", node.rank(0));
  const int time = node.axis("time_axis", node.rank(0));
  if (batch + time != 1) {
    node.fail("op.bad_attribute", "batch_axis and time_axis must be 0 and 1, or 1 and 0",
              "transpose the input");
  }
  infer_map(node);
}

void evaluate(Reference& node) {
  const TensorView& x = node.input(0);
  const TensorView& y = node.output(0);
  const int time = node.axis("time_axis", x.shape.rank());
  const std::vector<int64_t> lengths = node.input_integers(1);
  const std::vector<int64_t> strides = dense_strides(x.shape);
  const int64_t times = x.shape[time], batches = x.shape[1 - time];
  const size_t width = element_width(x.dtype, node.op().name);
  const size_t row = static_cast<size_t>(strides[1]) * width;
  if (static_cast<int64_t>(lengths.size()) != batches) {
    fail({"op.bad_shape",
          "ReverseSequence: " + std::to_string(lengths.size()) + " lengths for " +
              std::to_string(batches) + " sequences",
          "", "give one length per sequence"});
  }
  for (int64_t batch = 0; row != 0 && batch < batches; ++batch) {
    const int64_t length = lengths[static_cast<size_t>(batch)];
    if (length < 0 || length > times) {
      fail({"op.bad_index",
            "ReverseSequence: a length of " + std::to_string(length) + " is not within [0, " +
                std::to_string(times) + "]",
            "", "correct sequence_lens"});
    }
    const auto offset = [&](int64_t t) {
      return batch * strides[static_cast<size_t>(1 - time)] +
             t * strides[static_cast<size_t>(time)];
    };
    for (int64_t t = 0; t < times; ++t) {
      const int64_t from = t < length ? length - 1 - t : t;
      std::memcpy(element_at(y, offset(t), width), element_at(x, offset(from), width), row);
    }
  }
}

}  // namespace

extern const OpDef kReverseSequence = {
    .name = "ReverseSequence",
    .summary = "Reverses the first elements of each sequence.",
    .inputs = {{"input", "any type, any rank from 2"},
               {"sequence_lens", "i64, [batch]: how many elements to reverse"}},
    .outputs = {{"Y", "type and shape of input"}},
    .attributes = {{"batch_axis", 1, "0 or 1: the axis of the sequences"},
                   {"time_axis", 0, "1 or 0: the axis along them"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.commutes_with_quantize = true},
};

}  // namespace ingot
