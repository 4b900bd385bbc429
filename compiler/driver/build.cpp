// The build: stations 2 to 7 of the road, in order, as one function.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/driver/accuracy_guard.h"
#include "compiler/driver/build_flags.h"
#include "compiler/driver/check_samples.h"
#include "compiler/driver/choose_engine.h"
#include "compiler/driver/explain.h"
#include "compiler/driver/layer_wishes.h"
#include "compiler/driver/model.h"
#include "compiler/driver/permissions.h"
#include "compiler/driver/precision_report.h"
#include "compiler/driver/profiles.h"
#include "compiler/driver/target.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/plan/writer.h"

namespace ingot {
namespace {

void check_filters(const std::vector<std::string>& filters) {
  for (const std::string& filter : filters) {
    if (!filter.empty() && (filter[0] == '+' || filter[0] == '-')) continue;
    fail({"flag.bad_value", fmt::format("\"{}\" begins with neither + nor -", filter), "--tactics",
          "write --tactics=-dnnl.*,+dnnl.conv"});
  }
}

/// A slow path says that it is slow: reference steps that cost a noticeable part of the whole.
void warn_of_slow_steps(const Graph& graph, const TuneResult& tuning,
                        std::vector<Problem>* warnings) {
  constexpr double kNoticeableShare = 0.01;
  double total = 0, slow = 0;
  for (const NodeTuning& node : tuning.nodes) {
    if (!node.is_view) total += std::max(node.choice().us, 0.0);
  }
  std::string names;
  int count = 0;
  for (const NodeTuning& node : tuning.nodes) {
    if (node.is_view || !node.choice().candidate.slow) continue;
    if (node.choice().us < kNoticeableShare * total) continue;
    slow += node.choice().us;
    ++count;
    constexpr int kMaxNames = 5;
    if (count > kMaxNames) continue;
    const Node& slow_node = graph.node(node.node);
    names += fmt::format("{}{} \"{}\" ({:.0f} us)", names.empty() ? "" : ", ", slow_node.op->name,
                         slow_node.origin.empty() ? "" : slow_node.origin[0], node.choice().us);
  }
  if (count == 0) return;
  warnings->push_back({"build.slow_reference",
                       fmt::format("{} nodes run by their slow reference, {:.0f} % of the time: {}",
                                   count, 100 * slow / total, names),
                       "", "`ingot explain` says why no faster tactic takes them"});
}

/// Calibration looks at the same model and says the same of it.
void drop_repeated(std::vector<Problem>* warnings) {
  std::vector<Problem> kept;
  for (Problem& warning : *warnings) {
    const bool known = std::any_of(kept.begin(), kept.end(), [&](const Problem& other) {
      return other.id == warning.id && other.what == warning.what && other.where == warning.where;
    });
    if (!known) kept.push_back(std::move(warning));
  }
  *warnings = std::move(kept);
}

/// The graph of the model, with its profiles.
Graph source_graph(const Model& model, const BuildOptions& options,
                   std::vector<Problem>* warnings) {
  Graph graph = model.state().graph;
  apply_profiles(&graph, options.profiles, warnings);
  return graph;
}

}  // namespace

BuildResult build(const Model& model, const BuildOptions& given) {
  BuildOptions options = given;
  std::vector<Sample> remembered;
  remember_samples(&options.calibration, options.verify.samples, &remembered);
  BuildResult result;
  Stages stages(options);
  check_filters(options.tactics);
  const Target target = make_target(options);
  result.warnings = model.warnings();

  Compiler compiler(source_graph(model, options, &result.warnings), options, target, &stages);
  Precisions allowed =
      permitted_precisions(model, compiler.source(), options, target, &result.warnings);
  const LayerWishes wishes = resolve_wishes(compiler.source(), options, target, &result.warnings);
  apply_wishes(wishes, &allowed);
  compiler.load_cache();
  ChosenEngine chosen = choose_engine(&compiler, allowed);
  guard_accuracy(&compiler, allowed, &chosen, remembered, &result);
  compiler.save_cache();

  const Compilation& compilation = chosen.compilation;
  settle_wishes(unmet_wishes(wishes, compiler.source(), compilation), options, &result.warnings);
  result.slowest_items = compilation.tuning.slowest;
  warn_of_slow_steps(compilation.graph, compilation.tuning, &result.warnings);
  result.precision = report_precisions(compilation, allowed, chosen.taken_out);
  result.precision.decisions = chosen.decisions;
  tell_unused_permissions(result.precision, options, allowed, &result.warnings);

  drop_repeated(&result.warnings);

  stages.begin("write");
  Plan& plan = chosen.plan;
  plan.model_hash = model.state().hash;
  plan.model_name = model.path().substr(model.path().find_last_of('/') + 1);
  plan.build_flags = build_flags(options);
  plan.graph_text = to_text(compilation.graph);
  if (options.layer_information) {
    plan.explain_json = explain_plan_json(compilation, chosen.scheduled, result,
                                          options.detailed_layer_information);
  }
  result.plan = std::make_shared<const std::vector<std::byte>>(write_plan(plan));
  stages.end();
  result.stage_seconds = stages.take();
  return result;
}

void BuildResult::save(const std::string& path) const { write_file_atomically(path, *plan); }

std::string explain_model(const Model& model, const BuildOptions& options) {
  std::vector<Problem> warnings;
  Stages unseen(options);
  const Target target = make_target(options);
  Compiler compiler(source_graph(model, options, &warnings), options, target, &unseen);
  Precisions allowed = permitted_precisions(model, compiler.source(), options, target, &warnings);
  apply_wishes(resolve_wishes(compiler.source(), options, target, &warnings), &allowed);
  PassReport passes;
  const Graph graph = compiler.rewrite(allowed, &passes);
  return explain_graph_json(graph, passes);
}

std::vector<std::pair<std::string, std::string>> list_passes() {
  std::vector<std::pair<std::string, std::string>> result;
  for (const Pass& pass : pass_pipeline()) result.emplace_back(pass.name, pass.why);
  return result;
}

std::vector<std::string> list_tactics() {
  std::vector<std::string> result;
  for (const TacticDef* tactic : all_tactics()) result.emplace_back(tactic->name);
  return result;
}

std::string operators_reference() { return operators_markdown(); }

}  // namespace ingot
