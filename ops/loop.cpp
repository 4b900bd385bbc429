// Loop: a subgraph again and again, a number of times or while a condition holds. Some values are
// carried from one iteration to the next, others are stacked along a new first axis. Values that
// the body reads from outside are the last inputs; `captures` says how many.
#include <limits>

#include "ops/elementwise.h"
#include "ops/infer_program.h"
#include "ops/subgraph.h"

namespace ingot {
namespace {

/// Inputs: M, cond, carried, captured. Body: iteration, cond, carried, captured.
struct Layout {
  int carried, captured;

  template <typename Node>
  explicit Layout(const Node& node)
      : carried(node.input_count() - 2 - static_cast<int>(node.integer("captures"))),
        captured(static_cast<int>(node.integer("captures"))) {}
};

void infer(InferContext& node) {
  const Layout layout(node);
  if (layout.carried < 0 || layout.captured < 0) {
    node.fail("op.bad_attribute", "captures is larger than the number of inputs", "correct it");
  }
  const Program& body = subgraph_of(node, "body");
  ValueType iteration{DType::kI64, {}, {}, {}}, condition{DType::kBool, {}, {}, {}};
  const auto start = node.known_integers(1);
  const bool starts = !node.has_input(1) || (start && start->front() != 0);
  if (starts) condition.contents = {Dim(1)};
  std::vector<ValueType> carried;
  for (int i = 0; i < layout.carried; ++i) {
    carried.push_back(node.input(2 + i));
    carried.back().constant = {};
    carried.back().contents.reset();
  }
  std::vector<const ValueType*> captured;
  for (int i = 0; i < layout.captured; ++i) captured.push_back(&node.input(2 + layout.carried + i));
  std::vector<ValueType> results =
      infer_carried(node, body, {&iteration, &condition}, &carried, captured, 1);
  if (static_cast<int>(results.size()) != node.output_count() + 1) {
    node.fail("op.bad_subgraph",
              "the body has " + std::to_string(results.size()) + " outputs, the node " +
                  std::to_string(node.output_count()),
              "the body must have one more, its condition");
  }
  for (int i = 0; i < layout.carried; ++i) {
    const ValueType& type = carried[static_cast<size_t>(i)];
    node.set_output(i, type.dtype, type.dims);
  }
  // The trip count decides alone if the condition is true from the start and stays so.
  const auto& last = results.front().contents;
  const bool always = starts && last && last->size() == 1 && last->front() == Dim(1);
  const auto trips = node.known_dims(0);
  for (int i = layout.carried; i < node.output_count(); ++i) {
    const ValueType& type = results[static_cast<size_t>(i) + 1];
    SymbolicShape dims = type.dims;
    dims.insert(dims.begin(), always && trips && trips->size() == 1 ? Dim::max(trips->front(), 0)
                                                                    : node.unknown_dim(i, 0));
    node.set_output(i, type.dtype, std::move(dims));
  }
}

bool truth(const Tensor& tensor) { return tensor.to_integers().at(0) != 0; }

void evaluate(Reference& node) {
  const Layout layout(node);
  const Program& body = subgraph_of(node, "body");
  const int64_t trips =
      node.has_input(0) ? node.input_integers(0).at(0) : std::numeric_limits<int64_t>::max();
  std::vector<Tensor> values;  // the condition, then what is carried
  Tensor yes = Tensor::allocate(DType::kBool, {});
  yes.mutable_view().as<bool>()[0] = true;
  values.push_back(node.has_input(1) ? borrowed_input(node, 1) : yes);
  for (int i = 0; i < layout.carried; ++i) values.push_back(borrowed_input(node, 2 + i));
  const auto carried_end = static_cast<size_t>(layout.carried) + 1;
  std::vector<std::vector<Tensor>> stacks(static_cast<size_t>(node.output_count()) + 1 -
                                          carried_end);
  const auto arguments = [&](int64_t trip) {
    std::vector<Tensor> inputs = {Tensor::scalar_i64(trip)};
    inputs.insert(inputs.end(), values.begin(), values.end());
    for (int i = 0; i < layout.captured; ++i) {
      inputs.push_back(borrowed_input(node, 2 + layout.carried + i));
    }
    return inputs;
  };
  for (int64_t trip = 0; trip < trips && truth(values.front()); ++trip) {
    std::vector<Tensor> results = evaluate_program(body, arguments(trip));
    for (size_t i = 0; i < stacks.size(); ++i) {
      stacks[i].push_back(std::move(results[carried_end + i]));
    }
    results.resize(carried_end);
    values = std::move(results);
  }
  for (int i = 0; i < layout.carried; ++i) {
    write_output(node, i, values[static_cast<size_t>(i) + 1]);
  }
  if (stacks.empty()) return;
  std::vector<std::pair<DType, Shape>> empty;
  if (stacks.front().empty()) empty = body_output_shapes(body, arguments(0));
  for (size_t i = 0; i < stacks.size(); ++i) {
    const auto [dtype, shape] =
        stacks[i].empty() ? empty[carried_end + i] : std::pair(stacks[i].front().dtype(), Shape());
    write_stacked(node, layout.carried + static_cast<int>(i), stacks[i], 0, false, dtype, shape);
  }
}

}  // namespace

extern const OpDef kLoop = {
    .name = "Loop",
    .summary = "Repeats a subgraph.",
    .inputs = {{"M", "i64 scalar: the most iterations; without it, no limit", OpPort::kOptional},
               {"cond", "bool scalar: whether to begin; without it, true", OpPort::kOptional},
               {"v_initial", "carried values, then what the body reads from outside",
                OpPort::kVariadic}},
    .outputs = {{"v_final_and_scan_outputs", "carried values, then stacked ones",
                 OpPort::kVariadic}},
    .attributes = {{"body", std::make_shared<const Program>(),
                    "(iteration, cond, carried, captured) to (cond, carried, stacked)", true},
                   captures_attribute()},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.data_dependent_shape = true},
};

}  // namespace ingot
