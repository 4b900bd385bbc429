// GRU: gated recurrent unit, gates in the order z, r, h.
#include "ops/matrix_multiply.h"
#include "ops/recurrent.h"

namespace ingot {
namespace {

const std::vector<std::string>& default_activations() {
  static const std::vector<std::string> names = {"Sigmoid", "Tanh"};
  return names;
}

void infer(InferContext& node) { infer_recurrent(node, 3, default_activations()); }

template <typename T>
void evaluate_as(const Reference& node) {
  const auto activations = recurrent_activations(node, default_activations());
  const RecurrentClip<T> clip(node);
  const bool linear_before_reset = node.integer("linear_before_reset") != 0;
  std::vector<T> gates, reset_h, candidate;
  evaluate_recurrent<T>(node, 3, [&](RecurrentStep<T>& now) {
    const int64_t hidden = now.hidden, width = 3 * hidden;
    const RecurrentActivation* act = activations.data() + now.direction * 2;
    gates.assign(static_cast<size_t>(now.batch * width), T{0});
    multiply_add({now.h, hidden, 1}, {now.recurrent, width, 1}, gates.data(), width, now.batch,
                 hidden, width);
    const auto gate = [&](int64_t b, int64_t g, int64_t j) {
      return now.from_input[static_cast<size_t>(b)][g * hidden + j] +
             gates[static_cast<size_t>(b * width + g * hidden + j)] +
             now.recurrent_bias[g * hidden + j];
    };
    // The part of the candidate that comes from the state: (r . h) R, or r . (h R + Rb).
    reset_h.assign(static_cast<size_t>(now.batch * hidden), T{0});
    candidate.assign(static_cast<size_t>(now.batch * hidden), T{0});
    for (int64_t i = 0; i < now.batch * hidden; ++i) {
      const int64_t b = i / hidden, j = i % hidden;
      if (!now.from_input[static_cast<size_t>(b)]) continue;
      const T reset = act[0](clip(gate(b, 1, j)));
      const T bias = now.recurrent_bias[2 * hidden + j];
      const auto at = static_cast<size_t>(i);
      reset_h[at] = reset * now.h[i];
      candidate[at] = linear_before_reset
                          ? reset * (gates[static_cast<size_t>(b * width + 2 * hidden + j)] + bias)
                          : bias;
    }
    if (!linear_before_reset) {
      multiply_add({reset_h.data(), hidden, 1}, {now.recurrent + 2 * hidden, width, 1},
                   candidate.data(), hidden, now.batch, hidden, hidden);
    }
    for (int64_t i = 0; i < now.batch * hidden; ++i) {
      const int64_t b = i / hidden, j = i % hidden;
      const T* x = now.from_input[static_cast<size_t>(b)];
      if (!x) continue;
      const T update = act[0](clip(gate(b, 0, j)));
      const T fresh = act[1](clip(x[2 * hidden + j] + candidate[static_cast<size_t>(i)]));
      now.h[i] = (T{1} - update) * fresh + update * now.h[i];
    }
  });
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() { evaluate_as<T>(node); });
}

}  // namespace

extern const OpDef kGRU = {
    .name = "GRU",
    .summary = "One layer of gated recurrent units over a sequence.",
    .inputs = recurrent_inputs(),
    .outputs = {{"Y", "type of X, [time, directions, batch, hidden]", OpPort::kOptional},
                {"Y_h", "type of X, [directions, batch, hidden]: the last state",
                 OpPort::kOptional}},
    .attributes = recurrent_attributes(
        {{"linear_before_reset", 0, "1: the state is multiplied by R before it is reset"}}),
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
