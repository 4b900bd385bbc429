// ref: the operator's own reference evaluation, last for every operator, so that a build never
// fails for want of an implementation. Correct, and slow: the log names the nodes that end here.
#include <algorithm>

#include "compiler/tactics/tactic.h"

namespace ingot {
namespace {

Verdict supports(const TacticNode&, const Target&) { return Verdict::yes(); }

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  Candidate candidate = make_candidate("ref", node, target, Layout::kPlain);
  if (target.is_gpu()) {
    // It runs on the host: its operands are brought there.
    std::fill(candidate.inputs.begin(), candidate.inputs.end(), Layout::kHost);
    std::fill(candidate.outputs.begin(), candidate.outputs.end(), Layout::kHost);
  }
  const std::string_view rest = std::string_view(candidate.tactic).substr(3);
  std::string name = "ref.";
  for (char c : node.op()) {
    // PascalCase to snake_case, as the operator's file is named.
    const bool upper = std::isupper(static_cast<unsigned char>(c)) != 0;
    if (upper && name.back() != '.' && !std::isupper(static_cast<unsigned char>(name.back()))) {
      name += '_';
    }
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  candidate.tactic = name + std::string(rest.substr(0, rest.find('/', 1))) + "/any/plain";
  candidate.slow = true;
  return {candidate};
}

}  // namespace

extern const TacticDef kReferenceTactic = {
    .name = "ref",
    .summary = "The operator's reference evaluation; correct and slow.",
    .ops = {},
    .supports = supports,
    .candidates = candidates,
    .device = "any",
};

}  // namespace ingot
