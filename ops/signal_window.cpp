// Windows of signals as sums of cosines.
#include "ops/signal_window.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "ops/outputs.h"

namespace ingot {

void infer_signal_window(InferContext& node) {
  const auto size = node.known_dims(0);
  node.set_output(0, node.dtype("output_datatype"),
                  {size && size->size() == 1 ? size->front() : node.unknown_dim(0, 0)});
}

void evaluate_signal_window(Reference& node, double a0, double a1, double a2) {
  allocate_outputs(node);
  const int64_t size = node.output(0).elements();
  const int64_t period = node.integer("periodic") != 0 ? size : size - 1;
  ElementsToStore<double> y(node.output(0));
  for (int64_t n = 0; n < size; ++n) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(n) /
                         static_cast<double>(std::max<int64_t>(1, period));
    y[n] = a0 - a1 * std::cos(angle) + a2 * std::cos(2 * angle);
  }
}

std::vector<OpAttribute> signal_window_attributes() {
  return {{"output_datatype", DType::kF32, "type of the output"},
          {"periodic", 1, "1: the window repeats after its end; 0: it is symmetric"}};
}

}  // namespace ingot
