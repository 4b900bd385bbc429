// Range: start, start + delta, ... up to, not including, limit.
#include <algorithm>
#include <cmath>

#include "ops/blocks.h"
#include "ops/elementwise.h"
#include "ops/outputs.h"

namespace ingot {
namespace {

/// Number of elements where all three are known, of floats too.
std::optional<int64_t> float_count(const InferContext& node) {
  double values[3];
  for (int i = 0; i < 3; ++i) {
    const Tensor& constant = node.input(i).constant;
    if (!constant || constant.elements() != 1) return std::nullopt;
    values[i] = load_element<double>(constant.view(), 0);
  }
  if (values[2] == 0) node.fail("op.bad_shape", "delta is 0", "use another delta");
  return static_cast<int64_t>(std::max(0.0, std::ceil((values[1] - values[0]) / values[2])));
}

void infer(InferContext& node) {
  for (int i = 0; i < 3; ++i) {
    require_number(node, i);
    node.require_same_dtype(0, i);
  }
  const DType dtype = node.input(0).dtype;
  const auto start = node.known_dims(0), limit = node.known_dims(1), delta = node.known_dims(2);
  const bool known = start && limit && delta && start->size() == 1 && limit->size() == 1 &&
                     delta->size() == 1 && delta->front().is_constant();
  if (!known) {
    const auto count = is_float(dtype) ? float_count(node) : std::nullopt;
    return node.set_output(0, dtype, {count ? Dim(*count) : node.unknown_dim(0, 0)});
  }
  const int64_t step = delta->front().constant();
  if (step == 0) node.fail("op.bad_shape", "delta is 0", "use another delta");
  const Dim distance = step > 0 ? limit->front() - start->front() : start->front() - limit->front();
  const Dim count = Dim::ceil_div(Dim::max(distance, 0), step > 0 ? step : -step);
  node.set_output(0, dtype, {count});
  if (!can_track(node.outputs()[0])) return;
  std::vector<Dim> contents;
  for (int64_t i = 0; i < count.constant(); ++i) contents.push_back(start->front() + Dim(i * step));
  node.set_contents(0, std::move(contents));
}

template <typename Compute>
void fill(Reference& node) {
  const auto start = load_element<Compute>(node.input(0), 0);
  const auto delta = load_element<Compute>(node.input(2), 0);
  const TensorView& y = node.output(0);
  for (int64_t i = 0; i < y.elements(); ++i) {
    const Compute value = start + static_cast<Compute>(i) * delta;
    store_block(y, i, &value, 1);
  }
}

void evaluate(Reference& node) {
  allocate_outputs(node);
  if (is_float(node.input(0).dtype)) {
    fill<double>(node);
  } else {
    fill<int64_t>(node);
  }
}

}  // namespace

extern const OpDef kRange = {
    .name = "Range",
    .summary = "Counts from start by delta up to a limit.",
    .inputs = {{"start", "a number, scalar"},
               {"limit", "type of start, scalar; not reached"},
               {"delta", "type of start, scalar; not 0"}},
    .outputs = {{"output", "type of start, one axis"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
