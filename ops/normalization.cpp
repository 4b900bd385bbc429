// Checks and attributes of the normalisations.
#include "ops/normalization.h"

#include <fmt/format.h>

namespace ingot {

void require_per_channel(const InferContext& node, int i) {
  node.require_rank(i, 1, 1);
  require_equal(node, node.dims(i)[0], node.dims(0)[1],
                fmt::format("elements of {} and channels of the input",
                            node.op().inputs[static_cast<size_t>(i)].name));
}

OpAttribute epsilon_attribute(float fallback) {
  return {"epsilon", fallback, "added to the variance, so that nothing is divided by zero"};
}

}  // namespace ingot
