// LSTM: long short-term memory with optional peepholes, gates in the order i, o, f, c.
#include "ops/matrix_multiply.h"
#include "ops/recurrent.h"

namespace ingot {
namespace {

const std::vector<std::string>& default_activations() {
  static const std::vector<std::string> names = {"Sigmoid", "Tanh", "Tanh"};
  return names;
}

void infer(InferContext& node) { infer_recurrent(node, 4, default_activations()); }

template <typename T>
void evaluate_as(const Reference& node) {
  const auto activations = recurrent_activations(node, default_activations());
  const RecurrentClip<T> clip(node);
  const bool coupled = node.integer("input_forget") != 0;
  const Elements<T> peepholes(node.has_input(7) ? node.input(7) : TensorView{});
  std::vector<T> gates;
  evaluate_recurrent<T>(node, 4, [&](RecurrentStep<T>& now) {
    const int64_t hidden = now.hidden, width = 4 * hidden;
    gates.assign(static_cast<size_t>(now.batch * width), T{0});
    multiply_add({now.h, hidden, 1}, {now.recurrent, width, 1}, gates.data(), width, now.batch,
                 hidden, width);
    const RecurrentActivation* act = activations.data() + now.direction * 3;
    for (int64_t b = 0; b < now.batch; ++b) {
      const T* x = now.from_input[static_cast<size_t>(b)];
      if (!x) continue;
      for (int64_t j = 0; j < hidden; ++j) {
        T& c = now.c[b * hidden + j];
        const auto gate = [&](int64_t g) {
          return x[g * hidden + j] + gates[static_cast<size_t>(b * width + g * hidden + j)] +
                 now.recurrent_bias[g * hidden + j];
        };
        const auto peep = [&](int64_t g) {
          return peepholes.data() ? peepholes[(now.direction * 3 + g) * hidden + j] * c : T{0};
        };
        const T input = act[0](clip(gate(0) + peep(0)));
        const T forget = coupled ? T{1} - input : act[0](clip(gate(2) + peep(2)));
        c = forget * c + input * act[1](clip(gate(3)));
        const T output = act[0](clip(gate(1) + peep(1)));
        now.h[b * hidden + j] = output * act[2](c);
      }
    }
  });
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() { evaluate_as<T>(node); });
}

}  // namespace

extern const OpDef kLSTM = {
    .name = "LSTM",
    .summary = "One layer of long short-term memory over a sequence.",
    .inputs = recurrent_inputs(
        {{"initial_c", "type of X, [directions, batch, hidden]", OpPort::kOptional},
         {"P", "type of X, [directions, 3 * hidden]: peepholes of i, o, f", OpPort::kOptional}}),
    .outputs = {{"Y", "type of X, [time, directions, batch, hidden]", OpPort::kOptional},
                {"Y_h", "type of X, [directions, batch, hidden]: the last state",
                 OpPort::kOptional},
                {"Y_c", "type of X, [directions, batch, hidden]: the last cell",
                 OpPort::kOptional}},
    .attributes = recurrent_attributes({{"input_forget", 0, "1: forget = 1 - input"}}),
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
