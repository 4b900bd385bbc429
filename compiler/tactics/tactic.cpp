// What tactics share: concrete views of nodes, names by the grammar, filters.
#include "compiler/tactics/tactic.h"

#include <fmt/core.h>

#include <algorithm>

namespace ingot {

DType TacticNode::output_dtype(int i) const {
  const ValueId output = node().outputs[static_cast<size_t>(i)];
  return output ? graph_.dtype(output) : DType::kUndefined;
}

Shape TacticNode::output_shape(int i) const {
  const ValueId output = node().outputs[static_cast<size_t>(i)];
  return output ? graph_.opt_shape(output) : Shape{};
}

bool TacticNode::output_size_known(int i) const {
  const ValueId output = node().outputs[static_cast<size_t>(i)];
  if (!output) return true;
  std::vector<std::string> symbols, known;
  for (const Dim& dim : graph_.dims(output)) dim.collect_symbols(&symbols);
  for (const ValueId input : node().inputs) {
    if (!input) continue;
    for (const Dim& dim : graph_.dims(input)) dim.collect_symbols(&known);
  }
  return std::all_of(symbols.begin(), symbols.end(), [&](const std::string& symbol) {
    return !symbol.starts_with("?") || std::find(known.begin(), known.end(), symbol) != known.end();
  });
}

Candidate make_candidate(std::string_view kind, const TacticNode& node, const Target& target,
                         Layout layout, std::string_view params) {
  Candidate candidate;
  const DType in = node.has_input(0) ? node.input_dtype(0) : node.output_dtype();
  const DType out = node.output_dtype();
  candidate.tactic =
      fmt::format("{}/{}{}/{}/{}{}{}", kind, dtype_name(in),
                  in == out ? "" : fmt::format(".{}", dtype_name(out)), target.arch(),
                  layout_name(layout), params.empty() ? "" : "_", params);
  candidate.kind = kind;
  candidate.attributes = node.attributes();
  candidate.attributes.set("op", std::string(node.op()));
  const Shape output = node.output_shape();
  for (int i = 0; i < node.input_count(); ++i) {
    Layout wanted = Layout::kPlain;
    if (node.has_input(i) && !node.is_constant(i)) {
      const Shape shape = node.input_shape(i);
      // Smaller operands (scales, biases) stay plain: they are read by broadcasting.
      if (shape.rank() >= 3 && (i == 0 || shape == output)) wanted = layout;
    }
    candidate.inputs.push_back(wanted);
  }
  for (int i = 0; i < node.output_count(); ++i) {
    const bool wide =
        node.node().outputs[static_cast<size_t>(i)] && node.output_shape(i).rank() >= 3;
    candidate.outputs.push_back(wide ? layout : Layout::kPlain);
  }
  return candidate;
}

Verdict first_output_only(const TacticNode& node) {
  for (int i = 1; i < node.output_count(); ++i) {
    if (node.node().outputs[static_cast<size_t>(i)]) {
      return Verdict::no(fmt::format("output {} is wanted", i));
    }
  }
  return Verdict::yes();
}

Verdict vectors_of_normalized_axes(const TacticNode& node) {
  const Shape shape = node.input_shape(0);
  const int64_t given = node.attributes().integer("axis", -1);
  const auto axis = static_cast<int>(given < 0 ? given + shape.rank() : given);
  int64_t length = 1;
  for (int i = axis; i < shape.rank(); ++i) length *= shape[i];
  for (int i = 1; i < node.input_count(); ++i) {
    if (!node.has_input(i)) continue;
    const Shape vector = node.input_shape(i);
    if (vector.elements() != length || vector.rank() > shape.rank() - axis) {
      return Verdict::no("scale or bias are not of the shape of the normalised axes");
    }
  }
  return Verdict::yes();
}

bool serves(const TacticDef& tactic, const TacticNode& node, const Target& target) {
  if (tactic.device != "any" && tactic.device != target.device) return false;
  return tactic.ops.empty() ||
         std::find(tactic.ops.begin(), tactic.ops.end(), node.op()) != tactic.ops.end();
}

bool glob_match(std::string_view pattern, std::string_view text) {
  // Greedy with one backtrack point: linear for patterns of this kind.
  size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool tactic_allowed(std::string_view name, const std::vector<std::string>& filters) {
  bool allowed = true;
  for (const std::string& filter : filters) {
    const std::string_view pattern = std::string_view(filter).substr(1);
    const std::string_view family = name.substr(0, name.find('/'));
    if (glob_match(pattern, name) || glob_match(pattern, family)) allowed = filter[0] == '+';
  }
  return allowed;
}

}  // namespace ingot
