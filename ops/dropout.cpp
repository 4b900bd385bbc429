// Dropout: in inference the input itself; the mask keeps everything.
#include <algorithm>

#include "ops/view.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  if (node.has_input(2)) {
    const auto training = node.known_integers(2);
    if (!training || training->at(0) != 0) {
      node.fail("op.unsupported_attribute",
                training ? "training_mode is true" : "training_mode is computed at run time",
                "export the model for inference (torch: model.eval())");
    }
  }
  infer_view(node, node.dims(0));
  if (node.output_count() > 1) node.set_output(1, DType::kBool, node.dims(0));
}

void evaluate(Reference& node) {
  evaluate_view(node);
  if (node.has_output(1)) std::ranges::fill(node.output(1).as<bool>(), true);
}

}  // namespace

extern const OpDef kDropout = {
    .name = "Dropout",
    .summary = "Gives the input as it is: nothing is dropped in inference.",
    .inputs = {{"data", "any type, any shape"},
               {"ratio", "float scalar, not used in inference", OpPort::kOptional},
               {"training_mode", "bool scalar, must be false", OpPort::kOptional}},
    .outputs = {{"output", "type and shape of data"},
                {"mask", "bool, shape of data, all true", OpPort::kOptional}},
    .attributes = {{"seed", 0, "not used in inference"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.elementwise = true, .is_view = true, .commutes_with_quantize = true},
};

}  // namespace ingot
