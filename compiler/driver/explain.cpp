// What `ingot explain` shows: see the header.
#include "compiler/driver/explain.h"

#include <fmt/core.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "compiler/driver/computing_type.h"

namespace ingot {
namespace {

using Json = nlohmann::ordered_json;

/// A tenth of a microsecond is more than a timing can tell.
Json microseconds(double us) {
  if (us < 0) return nullptr;
  return std::round(us * 10) / 10;
}

Json describe_value(const Plan& plan, int index) {
  if (index < 0) return nullptr;
  const PlanValue& value = plan.values[static_cast<size_t>(index)];
  Json dims = Json::array();
  for (int dim : value.dims) dims.push_back(plan.dims[static_cast<size_t>(dim)].to_string());
  Json result = {{"name", value.name},
                 {"dtype", dtype_name(value.dtype)},
                 {"shape", dims},
                 {"layout", layout_name(value.layout)}};
  if (value.storage == Storage::kConstant) result["constant"] = true;
  if (value.storage == Storage::kView) result["view"] = true;
  if (value.in_place_of >= 0) result["in_place"] = true;
  return result;
}

Json describe_tuning(const NodeTuning& tuning) {
  Json candidates = Json::array();
  for (size_t i = 0; i < tuning.candidates.size(); ++i) {
    const TimedCandidate& timed = tuning.candidates[i];
    Json entry = {{"tactic", timed.candidate.tactic}, {"time_us", microseconds(timed.us)}};
    if (!timed.implementation.empty()) entry["implementation"] = timed.implementation;
    if (static_cast<int>(i) == tuning.chosen) entry["chosen"] = true;
    candidates.push_back(std::move(entry));
  }
  Json rejected = Json::array();
  for (const RejectedTactic& reason : tuning.rejected) {
    rejected.push_back({{"tactic", reason.tactic}, {"reason", reason.reason}});
  }
  return {{"candidates", candidates}, {"rejected", rejected}};
}

Json near_misses(const PassReport& passes) {
  Json result = Json::array();
  for (const NearMiss& miss : passes.near_misses) {
    result.push_back({{"pass", miss.pass}, {"node", miss.node}, {"reason", miss.reason}});
  }
  return result;
}

Json describe_precision(const PrecisionReport& report) {
  Json layers = Json::object(), kept = Json::array();
  for (const auto& [precision, count] : report.layers) layers[precision] = count;
  for (const PrecisionReport::Kept& group : report.kept) {
    kept.push_back({{"reason", group.reason}, {"layers", group.layers}});
  }
  return {{"layers", layers}, {"kept", kept}, {"decisions", report.decisions}};
}

/// Six digits are more than a comparison can tell.
Json number(double x) {
  if (!std::isfinite(x)) return nullptr;
  return std::stod(fmt::format("{:.6g}", x));
}

Json describe_accuracy(const AccuracyReport& report) {
  Json outputs = Json::array();
  for (const OutputAccuracy& output : report.outputs) {
    Json entry = {{"name", output.name},
                  {"passed", output.passed},
                  {"finite", output.finite},
                  {"compared", output.compared},
                  {"relative", number(output.relative)},
                  {"worst_channel", number(output.worst_channel)},
                  {"tolerance", number(output.tolerance)},
                  {"cosine", number(output.cosine)},
                  {"max_abs", number(output.max_abs)},
                  {"mean_abs", number(output.mean_abs)},
                  {"range", number(output.range)}};
    if (output.top1 >= 0) entry["top1"] = number(output.top1);
    outputs.push_back(std::move(entry));
  }
  return {{"passed", report.passed},      {"tolerance", number(report.tolerance)},
          {"data", report.data},          {"reference", report.reference},
          {"raised", report.raised},      {"raised_cost_us", microseconds(report.cost_us)},
          {"outputs", std::move(outputs)}};
}

}  // namespace

std::string explain_plan_json(const Compilation& compilation, const ScheduledPlan& scheduled,
                              const BuildResult& built, bool detailed) {
  const Plan& plan = scheduled.plan;
  const Graph& graph = compilation.graph;
  Json steps = Json::array();
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const PlanStep& step = plan.steps[i];
    const NodeId id = scheduled.step_nodes[i];
    Json entry = {{"name", step.name},
                  {"op", id ? std::string(graph.node(id).op->name) : "Reorder"},
                  {"nodes", step.origin},
                  {"tactic", step.tactic},
                  {"kind", step.kind}};
    if (const Expression* epilogue = step.attributes.expression("epilogue")) {
      entry["epilogue"] = epilogue->to_string();
    }
    if (const Expression* expression = step.attributes.expression("expression")) {
      entry["expression"] = expression->to_string();
    }
    Json inputs = Json::array(), outputs = Json::array();
    for (int input : step.inputs) inputs.push_back(describe_value(plan, input));
    for (int output : step.outputs) outputs.push_back(describe_value(plan, output));
    entry["inputs"] = std::move(inputs);
    entry["outputs"] = std::move(outputs);
    if (id) {
      entry["precision"] = precision_name(computing_type(graph, id));
      const NodeTuning& found = compilation.tuning.of(id);
      entry["time_us"] = microseconds(found.choice().us);
      entry["implementation"] = found.choice().implementation;
      if (found.choice().candidate.slow) entry["slow"] = true;
      entry.update(describe_tuning(found));
    } else {
      entry["time_us"] = nullptr;
    }
    steps.push_back(std::move(entry));
  }
  Json document = {
      {"detailed", detailed}, {"steps", steps}, {"precision", describe_precision(built.precision)}};
  if (built.accuracy.checked) document["accuracy"] = describe_accuracy(built.accuracy);
  document["near_misses"] = near_misses(compilation.passes);
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string explain_graph_json(const Graph& graph, const PassReport& passes) {
  Json nodes = Json::array();
  for (NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    Json outputs = Json::array();
    for (ValueId output : node.outputs) {
      if (!output) continue;
      outputs.push_back({{"name", graph.value(output).name},
                         {"dtype", dtype_name(graph.dtype(output))},
                         {"shape", to_string(graph.dims(output))}});
    }
    nodes.push_back({{"op", node.op->name},
                     {"nodes", node.origin},
                     {"attributes", node.attributes.to_string()},
                     {"outputs", outputs}});
  }
  Json runs = Json::array();
  for (const PassRun& run : passes.runs) {
    runs.push_back({{"name", run.name},
                    {"changed", run.changed},
                    {"skipped", run.skipped},
                    {"seconds", run.seconds}});
  }
  const Json document = {{"nodes", nodes}, {"passes", runs}, {"near_misses", near_misses(passes)}};
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ingot
