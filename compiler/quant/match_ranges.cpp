// Ranges by name: see the header.
#include "compiler/quant/match_ranges.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <span>

#include "core/base/error.h"

namespace ingot {
namespace {

constexpr size_t kMostNames = 5;

/// "a", "b" and 12 more
std::string some(std::span<const std::string> names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < kMostNames; ++i) {
    text += fmt::format("{}\"{}\"", text.empty() ? "" : ", ", names[i]);
  }
  if (names.size() > kMostNames) text += fmt::format(" and {} more", names.size() - kMostNames);
  return text;
}

/// How a name of the cache may be spelt in the model; empty where nothing is near.
std::string spelling(std::span<const std::string> foreign, std::span<const std::string> lacking) {
  for (const std::string& name : foreign.first(std::min(foreign.size(), kMostNames))) {
    const std::vector<std::string> near = nearest_names(name, lacking, 1);
    if (!near.empty()) return fmt::format("\"{}\" may be \"{}\" of the model", name, near[0]);
  }
  return {};
}

}  // namespace

std::vector<std::string> float_tensors(const Graph& graph) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  const auto add = [&](ValueId id) {
    if (!id || graph.value(id).is_constant() || !is_float(graph.dtype(id))) return;
    if (seen.insert(graph.value(id).name).second) names.push_back(graph.value(id).name);
  };
  for (const ValueId input : graph.inputs()) add(input);
  // What follows from constants alone is folded, and needs no range.
  std::set<ValueId> folded;
  for (const NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    const bool known = std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) {
      return !input || graph.value(input).is_constant() || folded.contains(input);
    });
    for (const ValueId output : node.outputs) {
      if (known)
        folded.insert(output);
      else
        add(output);
    }
  }
  return names;
}

RangeMatch match_ranges(const Graph& graph, const QuantizationRanges& ranges) {
  RangeMatch match;
  const std::vector<std::string> names = float_tensors(graph);
  for (const std::string& name : names) {
    if (ranges.scales.contains(name))
      ++match.known;
    else
      match.lacking.push_back(name);
  }
  std::set<std::string> all;
  for (int i = 0; i < graph.value_count(); ++i) all.insert(graph.value({i}).name);
  for (const auto& [name, scale] : ranges.scales) {
    if (!all.contains(name) && !name.starts_with("(Unnamed Layer")) match.foreign.push_back(name);
  }
  return match;
}

std::vector<Problem> check_match(const Graph& graph, const QuantizationRanges& ranges,
                                 const std::string& where) {
  const RangeMatch match = match_ranges(graph, ranges);
  const size_t own = ranges.scales.size() - match.foreign.size();
  const std::string hint = spelling(match.foreign, match.lacking);
  if (match.known == 0 || match.foreign.size() > own) {
    std::string what = fmt::format(
        "the ranges are of another model: {} of {} name tensors of this one, and {} of its {} "
        "tensors have a range",
        own, ranges.scales.size(), match.known,
        static_cast<size_t>(match.known) + match.lacking.size());
    if (!match.foreign.empty()) what += "; not in the model: " + some(match.foreign);
    if (!match.lacking.empty()) what += "; in the model: " + some(match.lacking);
    fail({"calibration.stale_cache", std::move(what), where,
          hint.empty() ? "calibrate again with `ingot calibrate`; an export with other names needs "
                         "a cache of its own"
                       : hint + "; calibrate again with `ingot calibrate`"});
  }
  std::vector<Problem> warnings;
  if (!match.foreign.empty()) {
    warnings.push_back(
        {"calibration.unknown_tensor",
         fmt::format("{} of {} ranges are of tensors that the model does not have: {}",
                     match.foreign.size(), ranges.scales.size(), some(match.foreign)),
         where, hint.empty() ? "calibrate again if the model was exported anew" : hint});
  }
  if (!match.lacking.empty()) {
    warnings.push_back(
        {"calibration.missing_range",
         fmt::format("{} of {} tensors have no range, so that what reads them stays float: {}",
                     match.lacking.size(), static_cast<size_t>(match.known) + match.lacking.size(),
                     some(match.lacking)),
         where, "calibrate again, or give the ranges by hand"});
  }
  return warnings;
}

}  // namespace ingot
