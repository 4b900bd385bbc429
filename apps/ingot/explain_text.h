// The explanation of an engine or of a model's graph, from JSON to readable text.
#pragma once

#include <string>

namespace ingot::apps {

/// Steps in order of execution: nodes, shapes, layouts, tactic, time with its share, candidates
/// with times, rejected tactics with reasons; then near misses of the passes.
/// @param json       Engine::explain_json()
/// @param node_glob  only steps whose name or one of whose ONNX nodes is of this glob; empty: all
std::string explain_plan_text(const std::string& json, const std::string& node_glob);

/// Nodes after the passes, what the passes did, near misses, from explain_model().
std::string explain_model_text(const std::string& json, const std::string& node_glob);

}  // namespace ingot::apps
