// If: one of two subgraphs, chosen by a condition. Values that they read from outside are inputs
// after the condition, which both branches get in the same order.
#include <optional>

#include "core/base/error.h"
#include "ops/elementwise.h"
#include "ops/infer_program.h"
#include "ops/subgraph.h"

namespace ingot {
namespace {

/// Types of a branch's outputs, or nothing where these input shapes cannot go through it: then the
/// condition must choose the other one (a model for two sampling rates, fed with one of them), and
/// a run that takes this one all the same fails with this very error.
std::optional<std::vector<ValueType>> branch_types(const InferContext& node, const char* branch,
                                                   const std::vector<const ValueType*>& captured,
                                                   std::vector<Problem>* problems) {
  try {
    return infer_program(subgraph_of(node, branch), captured,
                         node.node_name() + "/" + std::string(branch, 4));
  } catch (const Error& error) {
    for (const Problem& problem : error.problems()) {
      if (problem.id != "op.bad_shape") throw;
      problems->push_back(problem);
    }
    return std::nullopt;
  }
}

void infer(InferContext& node) {
  require_bool(node, 0);
  std::vector<const ValueType*> captured;
  for (int i = 1; i < node.input_count(); ++i) captured.push_back(&node.input(i));
  std::vector<ValueType> results;
  const auto condition = node.known_integers(0);
  if (condition && condition->size() == 1) {
    // The other branch never runs; its types may be quite different.
    const bool then = condition->front() != 0;
    results = infer_program(subgraph_of(node, then ? "then_branch" : "else_branch"), captured,
                            node.node_name());
  } else {
    std::vector<Problem> problems;
    const auto then = branch_types(node, "then_branch", captured, &problems);
    const auto other = branch_types(node, "else_branch", captured, &problems);
    if (!then && !other) throw Error(problems);
    results = then ? *then : *other;
    const std::vector<ValueType>& others = other ? *other : *then;
    if (others.size() != results.size()) {
      node.fail("op.subgraphs_differ",
                "the branches have " + std::to_string(results.size()) + " and " +
                    std::to_string(others.size()) + " outputs",
                "make them the same");
    }
    for (size_t i = 0; i < results.size(); ++i) {
      results[i] = joined(node, static_cast<int>(i), results[i], others[i]);
    }
  }
  if (static_cast<int>(results.size()) != node.output_count()) {
    node.fail("op.bad_subgraph", "the branches have another number of outputs than the node",
              "export the model again");
  }
  node.outputs() = std::move(results);
}

void evaluate(Reference& node) {
  const bool then = *static_cast<const bool*>(node.input(0).data);
  std::vector<Tensor> captured;
  for (int i = 1; i < node.input_count(); ++i) captured.push_back(borrowed_input(node, i));
  const std::vector<Tensor> results = evaluate_program(
      subgraph_of(node, then ? "then_branch" : "else_branch"), std::move(captured));
  for (size_t i = 0; i < results.size(); ++i) {
    write_output(node, static_cast<int>(i), results[i]);
  }
}

}  // namespace

extern const OpDef kIf = {
    .name = "If",
    .summary = "Runs one of two subgraphs.",
    .inputs = {{"cond", "bool scalar"},
               {"captures", "what the branches read from outside, of any type", OpPort::kVariadic}},
    .outputs = {{"outputs", "those of the branch that runs", OpPort::kVariadic}},
    .attributes = {{"then_branch", std::make_shared<const Program>(), "runs if cond is true", true},
                   {"else_branch", std::make_shared<const Program>(), "runs if cond is false",
                    true}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.data_dependent_shape = true},
};

}  // namespace ingot
