// The parser of Einsum's equations.
#include "ops/einsum_equation.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/base/error.h"

namespace ingot {
namespace {

[[noreturn]] void bad_equation(const std::string& text, const std::string& why) {
  fail({"op.bad_equation", fmt::format("Einsum: \"{}\": {}", text, why), "",
        "write one letter for each axis, like \"bij,bjk->bik\""});
}

/// Labels of one term with `ellipsis_rank` axes under its ellipsis.
std::vector<int> labels_of(const std::string& text, const std::string& term, int ellipsis_rank) {
  std::vector<int> labels;
  for (size_t i = 0; i < term.size(); ++i) {
    if (term.compare(i, 3, "...") == 0) {
      for (int axis = ellipsis_rank - 1; axis >= 0; --axis) {
        labels.push_back(EinsumEquation::kEllipsis + axis);
      }
      i += 2;
    } else if (std::isalpha(static_cast<unsigned char>(term[i]))) {
      labels.push_back(term[i]);
    } else {
      bad_equation(text, fmt::format("'{}' is no letter", term[i]));
    }
  }
  return labels;
}

}  // namespace

EinsumEquation EinsumEquation::parse(const std::string& text, const std::vector<int>& ranks) {
  std::string bare;
  std::copy_if(text.begin(), text.end(), std::back_inserter(bare), [](char c) { return c != ' '; });
  const size_t arrow = bare.find("->");
  const std::string left = bare.substr(0, arrow);
  std::vector<std::string> terms(1);
  for (char c : left) {
    if (c == ',') {
      terms.emplace_back();
    } else {
      terms.back() += c;
    }
  }
  if (terms.size() != ranks.size()) {
    bad_equation(text, fmt::format("{} terms for {} operands", terms.size(), ranks.size()));
  }

  EinsumEquation equation;
  int widest = 0;
  std::map<int, int> uses;
  for (size_t i = 0; i < terms.size(); ++i) {
    const bool has_ellipsis = terms[i].find("...") != std::string::npos;
    const int letters = static_cast<int>(terms[i].size()) - (has_ellipsis ? 3 : 0);
    const int covered = ranks[i] - letters;
    if (covered < 0 || (covered > 0 && !has_ellipsis)) {
      bad_equation(text, fmt::format("operand {} has rank {}", i, ranks[i]));
    }
    widest = std::max(widest, covered);
    equation.operands.push_back(labels_of(text, terms[i], covered));
    for (int label : equation.operands.back()) ++uses[label];
  }
  if (arrow != std::string::npos) {
    equation.result = labels_of(text, bare.substr(arrow + 2), widest);
    for (int label : equation.result) {
      if (!uses.contains(label)) bad_equation(text, "the result has a label that no operand has");
    }
    return equation;
  }
  // Without an arrow: the ellipsis, then every letter that occurs once, in alphabetical order.
  for (int axis = widest - 1; axis >= 0; --axis) equation.result.push_back(kEllipsis + axis);
  for (const auto& [label, count] : uses) {
    if (label < kEllipsis && count == 1) equation.result.push_back(label);
  }
  return equation;
}

}  // namespace ingot
