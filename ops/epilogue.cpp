// Epilogues by blocks: convert, compute node by node, convert back.
#include "ops/epilogue.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "ops/blocks.h"
#include "ops/broadcast_iteration.h"

namespace ingot {
namespace {

const Expression* epilogue_of(const NodeAttributes& node) {
  const Expression* expression = node.attributes().expression("epilogue");
  return expression && !expression->empty() ? expression : nullptr;
}

/// False only if the shapes cannot fit; dims that differ in symbols may be equal when it runs.
bool may_broadcast_to(const SymbolicShape& from, const SymbolicShape& to) {
  if (from.size() > to.size()) return false;
  for (size_t i = 0; i < from.size(); ++i) {
    const Dim& source = from[from.size() - 1 - i];
    const Dim& target = to[to.size() - 1 - i];
    if (source == 1 || source == target) continue;
    if (source.is_constant() && target.is_constant()) return false;
  }
  return true;
}

bool broadcasts_to(const Shape& from, const Shape& to) {
  if (from.rank() > to.rank()) return false;
  for (int i = 1; i <= from.rank(); ++i) {
    const int64_t source = from[from.rank() - i];
    if (source != 1 && source != to[to.rank() - i]) return false;
  }
  return true;
}

/// Elements of one input for a block, as floats; a broadcast element is repeated.
void load_broadcast(const TensorView& from, int64_t offset, int64_t step, float* to,
                    int64_t count) {
  if (step != 0) return load_block(from, offset, to, count);
  std::fill_n(to, count, load_element<float>(from, offset));
}

}  // namespace

OpAttribute epilogue_attribute() {
  return {"epilogue", Expression(),
          "computed on every element of the result (in0) and the extras (in1, ...) before it is "
          "stored"};
}

void infer_epilogue(InferContext& node, int first_extra) {
  const Expression* epilogue = epilogue_of(node);
  const int extras = std::max(0, node.input_count() - first_extra);
  const int read = epilogue ? std::max(0, epilogue->input_count() - 1) : 0;
  if (read > extras || (extras > 0 && !epilogue)) {
    node.fail("op.bad_epilogue",
              fmt::format("the epilogue {} reads {} extra inputs, but there are {}",
                          epilogue ? epilogue->to_string() : "(none)", read, extras),
              "give one input for each of in1, in2, ...");
  }
  const SymbolicShape& result = node.outputs()[0].dims;
  for (int i = first_extra; i < first_extra + extras; ++i) {
    if (may_broadcast_to(node.dims(i), result)) continue;
    node.fail("op.not_broadcastable",
              fmt::format("extra input {} of shape {} does not broadcast to the result {}", i,
                          to_string(node.dims(i)), to_string(result)),
              "keep the operation out of the epilogue");
  }
}

void apply_epilogue(Reference& node, int first_extra) {
  if (epilogue_of(node)) apply_epilogue(node, first_extra, node.output(0));
}

void apply_epilogue(Reference& node, int first_extra, const TensorView& results) {
  const Expression none = Expression::input(0);
  const Expression* epilogue = epilogue_of(node);
  if (!epilogue) epilogue = &none;
  const TensorView& output = node.output(0);
  std::vector<TensorView> operands = {results};
  std::vector<Shape> shapes = {output.shape};
  for (int i = 1; i < epilogue->input_count(); ++i) {
    operands.push_back(node.input(first_extra + i - 1));
    shapes.push_back(operands.back().shape);
    if (broadcasts_to(shapes.back(), output.shape)) continue;
    fail({"op.not_broadcastable",
          fmt::format("{}: extra input {} of shape {} does not broadcast to the result {}",
                      node.op().name, i, shapes.back().to_string(), output.shape.to_string()),
          "", "check the shapes of the inputs"});
  }

  std::vector<float> loaded(operands.size() * kBlock), scratch;
  std::vector<const float*> blocks;
  for (size_t i = 0; i < operands.size(); ++i) blocks.push_back(loaded.data() + i * kBlock);
  for (BroadcastRows rows(output.shape, shapes); rows.more(); rows.next()) {
    for (int64_t first = 0; first < rows.length(); first += kBlock) {
      const int64_t count = std::min(kBlock, rows.length() - first);
      for (size_t i = 0; i < operands.size(); ++i) {
        load_broadcast(operands[i], rows.offset(i) + first * rows.step(i), rows.step(i),
                       loaded.data() + i * kBlock, count);
      }
      const float* result =
          evaluate_expression_block(*epilogue, blocks, static_cast<size_t>(count), &scratch);
      store_rounded(output, rows.out() + first, result, count);
    }
  }
}

}  // namespace ingot
