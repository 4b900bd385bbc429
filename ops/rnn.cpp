// RNN: the plain recurrent layer, h = f(x W + h R + b).
#include "ops/matrix_multiply.h"
#include "ops/recurrent.h"

namespace ingot {
namespace {

const std::vector<std::string>& default_activations() {
  static const std::vector<std::string> names = {"Tanh"};
  return names;
}

void infer(InferContext& node) { infer_recurrent(node, 1, default_activations()); }

template <typename T>
void evaluate_as(const Reference& node) {
  const auto activations = recurrent_activations(node, default_activations());
  const RecurrentClip<T> clip(node);
  std::vector<T> from_state;
  evaluate_recurrent<T>(node, 1, [&](RecurrentStep<T>& now) {
    const int64_t hidden = now.hidden;
    from_state.assign(static_cast<size_t>(now.batch * hidden), T{0});
    multiply_add({now.h, hidden, 1}, {now.recurrent, hidden, 1}, from_state.data(), hidden,
                 now.batch, hidden, hidden);
    const RecurrentActivation& act = activations[static_cast<size_t>(now.direction)];
    for (int64_t i = 0; i < now.batch * hidden; ++i) {
      const T* x = now.from_input[static_cast<size_t>(i / hidden)];
      if (!x) continue;
      now.h[i] = act(clip(x[i % hidden] + from_state[static_cast<size_t>(i)] +
                          now.recurrent_bias[i % hidden]));
    }
  });
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() { evaluate_as<T>(node); });
}

}  // namespace

extern const OpDef kRNN = {
    .name = "RNN",
    .summary = "One plain recurrent layer over a sequence.",
    .inputs = recurrent_inputs(),
    .outputs = {{"Y", "type of X, [time, directions, batch, hidden]", OpPort::kOptional},
                {"Y_h", "type of X, [directions, batch, hidden]: the last state",
                 OpPort::kOptional}},
    .attributes = recurrent_attributes(),
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
