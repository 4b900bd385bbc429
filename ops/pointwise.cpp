// Pointwise (Ingot's own): a cluster of elementwise operators as one expression over its inputs,
// computed in float32. Operands and result may be 8-bit integers: the result is then rounded.
#include "ops/blocks.h"
#include "ops/broadcast_iteration.h"
#include "ops/elementwise.h"
#include "ops/reference.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  const Expression* expression = node.attributes().expression("expression");
  if (expression == nullptr || expression->empty()) {
    node.fail("op.bad_attribute", "the expression is empty", "give an expression");
  }
  if (expression->input_count() > node.input_count()) {
    node.fail("op.bad_attribute",
              "the expression reads " + std::to_string(expression->input_count()) +
                  " inputs, but there are " + std::to_string(node.input_count()),
              "give one input for each of in0, in1, ...");
  }
  const DType dtype = node.dtype("dtype");
  node.set_output(0, dtype == DType::kUndefined ? node.input(0).dtype : dtype,
                  broadcast_inputs(node));
}

void evaluate(Reference& node) {
  const Expression& expression = *node.attributes().expression("expression");
  const TensorView& y = node.output(0);
  const auto count = static_cast<size_t>(node.input_count());
  std::vector<Shape> shapes;
  std::vector<float> loaded(count * kBlock), scratch;
  std::vector<const float*> blocks;
  for (size_t i = 0; i < count; ++i) {
    shapes.push_back(node.input(static_cast<int>(i)).shape);
    blocks.push_back(loaded.data() + i * kBlock);
  }
  for (BroadcastRows rows(y.shape, shapes); rows.more(); rows.next()) {
    for (int64_t first = 0; first < rows.length(); first += kBlock) {
      const int64_t length = std::min(kBlock, rows.length() - first);
      for (size_t i = 0; i < count; ++i) {
        float* to = loaded.data() + i * kBlock;
        const int64_t step = rows.step(i);
        load_block(node.input(static_cast<int>(i)), rows.offset(i) + first * step, to,
                   step != 0 ? length : 1);
        if (step == 0) std::fill_n(to + 1, length - 1, *to);
      }
      const float* result =
          evaluate_expression_block(expression, blocks, static_cast<size_t>(length), &scratch);
      store_rounded(y, rows.out() + first, result, length);
    }
  }
}

}  // namespace

extern const OpDef kPointwise = {
    .name = "Pointwise",
    .summary = "Computes an expression of elementwise operations.",
    .inputs = {{"inputs", "in0, in1, ... of the expression; they broadcast", OpPort::kVariadic}},
    .outputs = {{"output", "type `dtype`, broadcast shape"}},
    .attributes =
        {{"expression", Expression(), "what is computed", true},
         {"dtype", DType::kUndefined,
          "type of the output; without it that of in0; i8 and u8 round half to even and saturate"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.elementwise = true},
    .domain = "ingot",
};

}  // namespace ingot
