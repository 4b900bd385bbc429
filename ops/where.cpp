// Where: elements of X where the condition holds, of Y elsewhere.
#include "ops/broadcast_iteration.h"
#include "ops/elementwise.h"
#include "ops/reference.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

/// Contents of the output, where the condition is known: then only X and Y must be.
void choose_contents(InferContext& node) {
  const auto condition = node.known_integers(0);
  if (!condition) return;
  const SymbolicShape& dims = node.outputs()[0].dims;
  if (!can_track(node.outputs()[0]) || dims.size() > 1) return;
  const int64_t count = dims.empty() ? 1 : dims[0].constant();
  std::vector<Dim> result;
  for (int64_t i = 0; i < count; ++i) {
    const auto at = [&](size_t size) { return size == 1 ? size_t{0} : static_cast<size_t>(i); };
    const bool first = (*condition)[at(condition->size())] != 0;
    const auto values = node.known_dims(first ? 1 : 2);
    if (!values) return;
    result.push_back((*values)[at(values->size())]);
  }
  node.set_contents(0, std::move(result));
}

void infer(InferContext& node) {
  require_bool(node, 0);
  node.require_same_dtype(1, 2);
  node.set_output(0, node.input(1).dtype, broadcast_inputs(node));
  choose_contents(node);
}

template <typename Bits>
void choose(const Reference& node) {
  const auto* condition = static_cast<const bool*>(node.input(0).data);
  const auto* x = static_cast<const Bits*>(node.input(1).data);
  const auto* y = static_cast<const Bits*>(node.input(2).data);
  auto* out = static_cast<Bits*>(node.output(0).data);
  for (BroadcastRows rows(node.output(0).shape,
                          {node.input(0).shape, node.input(1).shape, node.input(2).shape});
       rows.more(); rows.next()) {
    const bool* c = condition + rows.offset(0);
    const Bits* a = x + rows.offset(1);
    const Bits* b = y + rows.offset(2);
    Bits* to = out + rows.out();
    for (int64_t i = 0; i < rows.length(); ++i) {
      to[i] = c[i * rows.step(0)] ? a[i * rows.step(1)] : b[i * rows.step(2)];
    }
  }
}

void evaluate(Reference& node) {
  switch (element_width(node.input(1).dtype, node.op().name)) {
    case 1:
      return choose<uint8_t>(node);
    case 2:
      return choose<uint16_t>(node);
    case 4:
      return choose<uint32_t>(node);
    default:
      return choose<uint64_t>(node);
  }
}

}  // namespace

extern const OpDef kWhere = {
    .name = "Where",
    .summary = "Takes elements of X where the condition is true, of Y elsewhere.",
    .inputs = {{"condition", "bool, any shape"},
               {"X", "any type; broadcasts"},
               {"Y", "type of X; broadcasts"}},
    .outputs = {{"output", "type of X, broadcast shape"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kSelect, .elementwise = true},
};

}  // namespace ingot
