// Explanations as text: see the header.
#include "apps/ingot/explain_text.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "apps/common/names.h"
#include "ingot/error.h"

namespace ingot::apps {
namespace {

using Json = nlohmann::ordered_json;

Json parse(const std::string& text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) return json;
  throw Error({"explain.unreadable", "the explanation in the file is no JSON", "",
               "build the engine anew"});
}

const Json& member(const Json& json, const char* name) {
  static const Json kNothing;
  const auto found = json.find(name);
  return found == json.end() ? kNothing : *found;
}

std::string text_of(const Json& json, const char* name) {
  const Json& value = member(json, name);
  return value.is_string() ? value.get<std::string>() : "";
}

/// -1 where there is no number.
double number_of(const Json& json, const char* name) {
  const Json& value = member(json, name);
  return value.is_number() ? value.get<double>() : -1;
}

std::string joined(const Json& items, const char* separator) {
  std::string text;
  for (const Json& item : items) {
    if (!item.is_string()) continue;
    text += (text.empty() ? "" : separator) + item.get<std::string>();
  }
  return text;
}

std::string time_text(double us) {
  if (us < 0) return "not timed";
  return us < 1000 ? fmt::format("{:.1f} us", us) : fmt::format("{:.3f} ms", us / 1000);
}

bool selected(const Json& step, const std::string& glob) {
  if (glob.empty() || matches_glob(glob, text_of(step, "name"))) return true;
  for (const Json& node : member(step, "nodes")) {
    if (node.is_string() && matches_glob(glob, node.get<std::string>())) return true;
  }
  return false;
}

/// "conv1_out f32[1,64,112,112] blocked16 in place"
std::string value_text(const Json& value) {
  if (!value.is_object()) return "(absent)";
  const Json& shape = member(value, "shape");
  std::string text = fmt::format(
      "{} {}{}", text_of(value, "name"), text_of(value, "dtype"),
      shape.is_string() ? shape.get<std::string>() : fmt::format("[{}]", joined(shape, ",")));
  if (const std::string layout = text_of(value, "layout"); !layout.empty()) text += " " + layout;
  for (const auto& [flag, words] :
       {std::pair{"constant", " constant"}, {"view", " view"}, {"in_place", " in place"}}) {
    if (member(value, flag).is_boolean()) text += words;
  }
  return text;
}

void append_candidates(const Json& step, std::string* text) {
  const Json& candidates = member(step, "candidates");
  if (candidates.is_array() && !candidates.empty()) *text += "    candidates:\n";
  for (const Json& candidate : candidates) {
    const std::string implementation = text_of(candidate, "implementation");
    *text +=
        fmt::format("      {} {:>11}  {}{}\n", member(candidate, "chosen").is_boolean() ? '*' : ' ',
                    time_text(number_of(candidate, "time_us")), text_of(candidate, "tactic"),
                    implementation.empty() ? "" : "  (" + implementation + ")");
  }
  const Json& rejected = member(step, "rejected");
  if (rejected.is_array() && !rejected.empty()) *text += "    rejected:\n";
  for (const Json& reason : rejected) {
    *text += fmt::format("      {}: {}\n", text_of(reason, "tactic"), text_of(reason, "reason"));
  }
}

void append_step(const Json& step, size_t index, double total_us, std::string* text) {
  const double us = number_of(step, "time_us");
  const std::string op = text_of(step, "op");
  *text += fmt::format("{:>4}  {}{}{}  {}", index, op, op.empty() ? "" : " ", text_of(step, "name"),
                       time_text(us));
  if (us >= 0 && total_us > 0) *text += fmt::format(", {:.1f} %", 100 * us / total_us);
  *text += '\n';
  const auto line = [text](const char* word, const std::string& value) {
    if (!value.empty()) *text += fmt::format("    {:<9} {}\n", word, value);
  };
  const std::string implementation = text_of(step, "implementation");
  line("nodes", joined(member(step, "nodes"), ", "));
  line("tactic", text_of(step, "tactic") +
                     (implementation.empty() ? "" : "  (" + implementation + ")") +
                     (member(step, "slow").is_boolean() ? "  slow: a reference step" : ""));
  for (const Json& value : member(step, "inputs")) line("in", value_text(value));
  for (const Json& value : member(step, "outputs")) line("out", value_text(value));
  line("epilogue", text_of(step, "epilogue"));
  line("computes", text_of(step, "expression"));
  append_candidates(step, text);
}

void append_precisions(const Json& document, std::string* text) {
  const Json& precision = member(document, "precision");
  if (!precision.is_object()) return;
  std::string counts;
  for (const auto& [name, count] : member(precision, "layers").items()) {
    counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", name, count.dump());
  }
  *text += fmt::format("\nlayers by precision: {}\n", counts);
  for (const Json& decision : member(precision, "decisions")) {
    if (decision.is_string()) *text += "  " + decision.get<std::string>() + "\n";
  }
  for (const Json& kept : member(precision, "kept")) {
    *text +=
        fmt::format("  {}: {}\n", text_of(kept, "reason"), joined(member(kept, "layers"), ", "));
  }
  const Json& accuracy = member(document, "accuracy");
  if (!accuracy.is_object()) return;
  *text +=
      fmt::format("accuracy against {} on {}, tolerance {:g}:\n", text_of(accuracy, "reference"),
                  text_of(accuracy, "data"), number_of(accuracy, "tolerance"));
  for (const Json& output : member(accuracy, "outputs")) {
    *text += fmt::format("  {}: relative error {:.2e}, cosine {:.6f}\n", text_of(output, "name"),
                         number_of(output, "relative"), number_of(output, "cosine"));
  }
}

void append_near_misses(const Json& document, std::string* text) {
  const Json& misses = member(document, "near_misses");
  if (!misses.is_array() || misses.empty()) return;
  *text += "\nrewrites that nearly matched:\n";
  for (const Json& miss : misses) {
    *text += fmt::format("  {} at \"{}\": {}\n", text_of(miss, "pass"), text_of(miss, "node"),
                         text_of(miss, "reason"));
  }
}

}  // namespace

std::string explain_plan_text(const std::string& json, const std::string& node_glob) {
  const Json document = parse(json);
  const Json& steps = member(document, "steps");
  double total = 0;
  for (const Json& step : steps) total += std::max(number_of(step, "time_us"), 0.0);
  std::string text = fmt::format("{} steps, {} in all by the timings of the build\n\n",
                                 steps.size(), time_text(total));
  for (size_t i = 0; i < steps.size(); ++i) {
    if (selected(steps[i], node_glob)) append_step(steps[i], i, total, &text);
  }
  if (!node_glob.empty()) return text;
  append_precisions(document, &text);
  append_near_misses(document, &text);
  return text;
}

std::string explain_model_text(const std::string& json, const std::string& node_glob) {
  const Json document = parse(json);
  const Json& nodes = member(document, "nodes");
  std::string text = fmt::format("{} nodes after the passes\n\n", nodes.size());
  for (const Json& node : nodes) {
    if (!selected(node, node_glob)) continue;
    text += fmt::format("{}  {}\n", text_of(node, "op"), joined(member(node, "nodes"), ", "));
    if (const std::string attributes = text_of(node, "attributes"); !attributes.empty()) {
      text += fmt::format("    {}\n", attributes);
    }
    for (const Json& value : member(node, "outputs")) {
      text += fmt::format("    out {}\n", value_text(value));
    }
  }
  if (!node_glob.empty()) return text;
  text += "\npasses that changed the graph:\n";
  for (const Json& pass : member(document, "passes")) {
    const Json& changed = member(pass, "changed");
    if (!changed.is_boolean() || !changed.get<bool>()) continue;
    text += fmt::format("  {:<32} {:.1f} ms\n", text_of(pass, "name"),
                        1000 * number_of(pass, "seconds"));
  }
  append_near_misses(document, &text);
  return text;
}

}  // namespace ingot::apps
