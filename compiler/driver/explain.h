// What `ingot explain` shows, as JSON.
#pragma once

#include <string>

#include "compiler/driver/compilation.h"

namespace ingot {

/// Goes into the plan: one entry a step with nodes, shapes, layouts, tactic, time, candidates and
/// reasons; the precisions of the layers and the check of the accuracy, as `built` has them; then
/// the near misses of the passes. The same build gives the same text.
/// @param detailed  recorded in it, for --exportLayerInfo
std::string explain_plan_json(const Compilation& compilation, const ScheduledPlan& scheduled,
                              const BuildResult& built, bool detailed);

/// For a model that is not built: the graph after the passes and what each pass did.
std::string explain_graph_json(const Graph& graph, const PassReport& passes);

}  // namespace ingot
