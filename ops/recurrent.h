// What LSTM, GRU and RNN share: shapes, layouts, directions, sequence lengths, activations, and the
// walk over time. An operator adds what one time step does.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ops/float_tensor.h"

namespace ingot {

/// One activation function with its parameters.
struct RecurrentActivation {
  enum Kind {
    kSigmoid,
    kTanh,
    kRelu,
    kAffine,
    kLeakyRelu,
    kThresholdedRelu,
    kScaledTanh,
    kHardSigmoid,
    kElu,
    kSoftsign,
    kSoftplus,
  } kind = kSigmoid;
  float alpha = 0, beta = 0;

  template <typename T>
  T operator()(T x) const;
};

/// The activations of all directions: given ones, or `defaults` repeated for each direction.
/// Throws Error ("op.bad_attribute") for an unknown name or a wrong number of them.
std::vector<RecurrentActivation> recurrent_activations(const NodeAttributes& node,
                                                       const std::vector<std::string>& defaults);

/// What one time step sees: all rows of the batch at once.
template <typename T>
struct RecurrentStep {
  int64_t batch, hidden;
  int64_t direction;  ///< 0 or 1
  std::vector<const T*>
      from_input;           ///< per row: X * W^T + Wb for all gates; null: row is at its end
  const T* recurrent;       ///< R transposed, [hidden, gates * hidden]
  const T* recurrent_bias;  ///< Rb, [gates * hidden]
  T* h;                     ///< [batch, hidden], to be replaced
  T* c;                     ///< [batch, hidden], LSTM's cell state
};

/// The shape rule: `gates` is 4, 3 or 1; outputs are Y, Y_h and, for LSTM, Y_c.
void infer_recurrent(InferContext& node, int gates, const std::vector<std::string>& activations);

/// Walks all directions and time steps and stores the outputs.
template <typename T>
void evaluate_recurrent(const Reference& node, int gates,
                        const std::function<void(RecurrentStep<T>&)>& step);

/// Clips to [-clip, clip] where the attribute `clip` is given.
template <typename T>
struct RecurrentClip {
  T limit;
  explicit RecurrentClip(const NodeAttributes& node)
      : limit(node.given("clip") ? static_cast<T>(node.number("clip")) : T{0}) {}
  T operator()(T x) const { return limit <= 0 ? x : x < -limit ? -limit : x > limit ? limit : x; }
};

/// Attributes common to the three, and more.
std::vector<OpAttribute> recurrent_attributes(std::vector<OpAttribute> more = {});

/// Inputs X, W, R, B, sequence_lens and initial_h, and more.
std::vector<OpPort> recurrent_inputs(std::vector<OpPort> more = {});

}  // namespace ingot
