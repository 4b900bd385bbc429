// The walk over time of recurrent networks, and their shape rule.
#include "ops/recurrent.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "core/base/error.h"
#include "ops/axes.h"
#include "ops/blocks.h"
#include "ops/matrix_multiply.h"

namespace ingot {
namespace {

struct ActivationInfo {
  const char* name;
  RecurrentActivation::Kind kind;
  bool has_alpha, has_beta;
  float alpha, beta;  ///< defaults
};
using Activation = RecurrentActivation;
constexpr std::array<ActivationInfo, 11> kActivations = {{
    {"Sigmoid", Activation::kSigmoid, false, false, 0, 0},
    {"Tanh", Activation::kTanh, false, false, 0, 0},
    {"Relu", Activation::kRelu, false, false, 0, 0},
    {"Affine", Activation::kAffine, true, true, 1, 0},
    {"LeakyRelu", Activation::kLeakyRelu, true, false, 0.01F, 0},
    {"ThresholdedRelu", Activation::kThresholdedRelu, true, false, 1, 0},
    {"ScaledTanh", Activation::kScaledTanh, true, true, 1, 1},
    {"HardSigmoid", Activation::kHardSigmoid, true, true, 0.2F, 0.5F},
    {"Elu", Activation::kElu, true, false, 1, 0},
    {"Softsign", Activation::kSoftsign, false, false, 0, 0},
    {"Softplus", Activation::kSoftplus, false, false, 0, 0},
}};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

const ActivationInfo& activation_named(const std::string& name, std::string_view op) {
  std::vector<std::string> known;
  for (const ActivationInfo& info : kActivations) {
    if (lower(info.name) == lower(name)) return info;
    known.emplace_back(info.name);
  }
  fail({"op.bad_attribute", fmt::format("{}: activation \"{}\" is not known", op, name), "",
        suggest(name, known)});
}

int directions_of(const NodeAttributes& node) {
  return node.text("direction") == "bidirectional" ? 2 : 1;
}

/// Offset of row [time, direction, batch] of Y in elements of `hidden`, in either layout.
struct YLayout {
  bool batch_first;
  int64_t steps, directions, batch;
  int64_t row(int64_t t, int64_t d, int64_t b) const {
    return batch_first ? (b * steps + t) * directions + d : (t * directions + d) * batch + b;
  }
  /// Of states: [direction, batch] or [batch, direction].
  int64_t state_row(int64_t d, int64_t b) const {
    return batch_first ? b * directions + d : d * batch + b;
  }
};

/// Copies the states of one direction between a tensor and [batch, hidden].
template <typename T>
std::vector<T> initial_state(const Elements<T>& tensor, const YLayout& layout, int64_t direction,
                             int64_t hidden) {
  std::vector<T> state(static_cast<size_t>(layout.batch * hidden), T{0});
  for (int64_t b = 0; b < layout.batch && tensor.data(); ++b) {
    std::copy_n(tensor.data() + layout.state_row(direction, b) * hidden, hidden,
                state.begin() + b * hidden);
  }
  return state;
}

TensorView optional_input(const Reference& node, int i) {
  return i >= 0 && node.has_input(i) ? node.input(i) : TensorView{};
}

}  // namespace

template <typename T>
T RecurrentActivation::operator()(T x) const {
  const T a = static_cast<T>(alpha), b = static_cast<T>(beta);
  switch (kind) {
    case kSigmoid:
      return T{1} / (T{1} + std::exp(-x));
    case kTanh:
      return std::tanh(x);
    case kRelu:
      return std::max(x, T{0});
    case kAffine:
      return a * x + b;
    case kLeakyRelu:
      return x >= 0 ? x : a * x;
    case kThresholdedRelu:
      return x >= a ? x : T{0};
    case kScaledTanh:
      return a * std::tanh(b * x);
    case kHardSigmoid:
      return std::clamp(a * x + b, T{0}, T{1});
    case kElu:
      return x >= 0 ? x : a * (std::exp(x) - T{1});
    case kSoftsign:
      return x / (T{1} + std::abs(x));
    case kSoftplus:
      return std::log1p(std::exp(-std::abs(x))) + std::max(x, T{0});
  }
  return x;
}
template float RecurrentActivation::operator()(float) const;
template double RecurrentActivation::operator()(double) const;

std::vector<RecurrentActivation> recurrent_activations(const NodeAttributes& node,
                                                       const std::vector<std::string>& defaults) {
  const size_t count = defaults.size() * static_cast<size_t>(directions_of(node));
  const auto* given = node.attributes().find_as<std::vector<std::string>>("activations");
  std::vector<std::string> names;
  if (given && !given->empty()) {
    names = *given;
  } else {
    while (names.size() < count) names.insert(names.end(), defaults.begin(), defaults.end());
  }
  if (names.size() != count) {
    fail({"op.bad_attribute",
          fmt::format("{}: {} activations are given, but {} are needed", node.op().name,
                      names.size(), count),
          "", "give one list for each direction"});
  }
  // The parameters are consumed in order by the functions that take them.
  const std::vector<float> alphas = node.numbers("activation_alpha");
  const std::vector<float> betas = node.numbers("activation_beta");
  size_t next_alpha = 0, next_beta = 0;
  std::vector<RecurrentActivation> activations;
  for (const std::string& name : names) {
    const ActivationInfo& info = activation_named(name, node.op().name);
    const auto next = [](bool wanted, const std::vector<float>& values, size_t* at,
                         float fallback) {
      return wanted && *at < values.size() ? values[(*at)++] : fallback;
    };
    activations.push_back({info.kind, next(info.has_alpha, alphas, &next_alpha, info.alpha),
                           next(info.has_beta, betas, &next_beta, info.beta)});
  }
  return activations;
}

void infer_recurrent(InferContext& node, int gates, const std::vector<std::string>& activations) {
  require_float(node, 0);
  for (int i = 0; i < 3; ++i) node.require_rank(i, 3, 3);
  node.require_same_dtype(0, 1);
  node.require_same_dtype(0, 2);
  require_one_of(node, "direction", {"forward", "reverse", "bidirectional"});
  recurrent_activations(node, activations);

  const SymbolicShape& x = node.dims(0);
  const SymbolicShape& r = node.dims(2);
  const bool batch_first = node.integer("layout") == 1;
  const Dim steps = batch_first ? x[1] : x[0], batch = batch_first ? x[0] : x[1];
  const Dim directions = directions_of(node), hidden = r[2];
  require_equal(node, r[0], directions, "first axis of R and directions");
  require_equal(node, node.dims(1)[0], directions, "first axis of W and directions");
  require_equal(node, r[1], hidden * Dim(gates), "rows of R and gates");
  require_equal(node, node.dims(1)[1], hidden * Dim(gates), "rows of W and gates");
  require_equal(node, node.dims(1)[2], x[2], "columns of W and size of the input");
  if (node.has_input(3)) {
    node.require_rank(3, 2, 2);
    require_equal(node, node.dims(3)[1], hidden * Dim(2 * gates), "columns of B and gates");
  }
  const DType dtype = node.input(0).dtype;
  node.set_output(0, dtype,
                  batch_first ? SymbolicShape{batch, steps, directions, hidden}
                              : SymbolicShape{steps, directions, batch, hidden});
  for (int i = 1; i < node.output_count(); ++i) {
    node.set_output(i, dtype,
                    batch_first ? SymbolicShape{batch, directions, hidden}
                                : SymbolicShape{directions, batch, hidden});
  }
}

template <typename T>
void evaluate_recurrent(const Reference& node, int gates,
                        const std::function<void(RecurrentStep<T>&)>& step) {
  const Shape& shape = node.input(0).shape;
  const bool batch_first = node.integer("layout") == 1;
  const int64_t steps = shape[batch_first ? 1 : 0], batch = shape[batch_first ? 0 : 1];
  const int64_t inputs = shape[2], hidden = node.input(2).shape[2], width = gates * hidden;
  const YLayout layout{batch_first, steps, directions_of(node), batch};
  const Elements<T> x(node.input(0)), w(node.input(1)), r(node.input(2));
  const Elements<T> bias(optional_input(node, 3));
  const Elements<T> first_h(optional_input(node, 5)),
      first_c(optional_input(node, gates == 4 ? 6 : -1));
  std::vector<int64_t> lengths(static_cast<size_t>(batch), steps);
  if (node.has_input(4)) lengths = load_all<int64_t>(node.input(4));

  const auto output = [&](int i) { return node.has_output(i) ? node.output(i) : TensorView{}; };
  ElementsToStore<T> y(output(0)), last_h(output(1)), last_c(output(2));
  for (int64_t d = 0; d < layout.directions; ++d) {
    const bool backward = d == 1 || node.text("direction") == "reverse";
    // X * W^T + Wb for all times and rows at once.
    std::vector<T> from_input(static_cast<size_t>(steps * batch * width), T{0});
    if (bias.data()) {
      for (int64_t i = 0; i < steps * batch; ++i) {
        std::copy_n(bias.data() + d * 2 * width, width, from_input.begin() + i * width);
      }
    }
    multiply_add({x.data(), inputs, 1}, {w.data() + d * width * inputs, 1, inputs},
                 from_input.data(), width, steps * batch, inputs, width);
    std::vector<T> recurrent(static_cast<size_t>(width * hidden));
    for (int64_t i = 0; i < width * hidden; ++i) {
      recurrent[static_cast<size_t>(i % hidden * width + i / hidden)] = r[d * width * hidden + i];
    }
    const std::vector<T> zeros(static_cast<size_t>(width), T{0});
    std::vector<T> h = initial_state(first_h, layout, d, hidden);
    std::vector<T> c = initial_state(first_c, layout, d, hidden);

    RecurrentStep<T> now{batch,
                         hidden,
                         d,
                         std::vector<const T*>(static_cast<size_t>(batch)),
                         recurrent.data(),
                         bias.data() ? bias.data() + (2 * d + 1) * width : zeros.data(),
                         h.data(),
                         c.data()};
    const auto time_of = [&](int64_t s, int64_t b) {
      return backward ? lengths[static_cast<size_t>(b)] - 1 - s : s;
    };
    for (int64_t s = 0; s < steps; ++s) {
      for (int64_t b = 0; b < batch; ++b) {
        const int64_t t = time_of(s, b), row = batch_first ? b * steps + t : t * batch + b;
        const bool active = s < lengths[static_cast<size_t>(b)];
        now.from_input[static_cast<size_t>(b)] = active ? from_input.data() + row * width : nullptr;
      }
      step(now);
      for (int64_t b = 0; b < batch && node.has_output(0); ++b) {
        if (!now.from_input[static_cast<size_t>(b)]) continue;
        std::copy_n(h.data() + b * hidden, hidden,
                    y.data() + layout.row(time_of(s, b), d, b) * hidden);
      }
    }
    for (int64_t b = 0; b < batch; ++b) {
      const int64_t at = layout.state_row(d, b) * hidden;
      if (node.has_output(1)) std::copy_n(h.data() + b * hidden, hidden, last_h.data() + at);
      if (node.has_output(2)) std::copy_n(c.data() + b * hidden, hidden, last_c.data() + at);
    }
  }
}

template void evaluate_recurrent(const Reference&, int,
                                 const std::function<void(RecurrentStep<float>&)>&);
template void evaluate_recurrent(const Reference&, int,
                                 const std::function<void(RecurrentStep<double>&)>&);

std::vector<OpAttribute> recurrent_attributes(std::vector<OpAttribute> more) {
  std::vector<OpAttribute> attributes = {
      {"activation_alpha", std::vector<float>{},
       "alphas of the activations that have one, in order"},
      {"activation_beta", std::vector<float>{}, "betas of the activations that have one, in order"},
      {"activations", std::vector<std::string>{}, "names of the activations of each direction"},
      {"clip", 0.0F, "what goes into an activation is clipped to [-clip, clip]; absent: not"},
      {"direction", "forward", "forward, reverse or bidirectional"},
      {"hidden_size", 0, "size of the state; taken from R"},
      {"layout", 0, "0: time is the first axis; 1: batch is the first axis"}};
  attributes.insert(attributes.end(), more.begin(), more.end());
  return attributes;
}

std::vector<OpPort> recurrent_inputs(std::vector<OpPort> more) {
  std::vector<OpPort> ports = {
      {"X", "float, [time, batch, inputs], or batch first with layout 1"},
      {"W", "type of X, [directions, gates * hidden, inputs]"},
      {"R", "type of X, [directions, gates * hidden, hidden]"},
      {"B", "type of X, [directions, 2 * gates * hidden]: of W, then of R", OpPort::kOptional},
      {"sequence_lens", "i32, [batch]: time steps of each row", OpPort::kOptional},
      {"initial_h", "type of X, [directions, batch, hidden]", OpPort::kOptional}};
  ports.insert(ports.end(), more.begin(), more.end());
  return ports;
}

}  // namespace ingot
