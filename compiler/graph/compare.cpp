// Structural equality of two graphs: the same nodes in the same wiring, names aside. Constants are
// compared by type and shape; their values are the business of a numerical comparison.
#include <fmt/core.h>

#include <map>

#include "compiler/graph/graph.h"

namespace ingot {
namespace {

class Comparison {
 public:
  Comparison(const Graph& a, const Graph& b) : a_(a), b_(b) {}

  std::string run() {
    if (a_.inputs().size() != b_.inputs().size()) return "the number of inputs differs";
    if (a_.outputs().size() != b_.outputs().size()) return "the number of outputs differs";
    for (size_t i = 0; i < a_.inputs().size(); ++i) same_[a_.inputs()[i].index] = b_.inputs()[i];
    if (a_.nodes().size() != b_.nodes().size()) {
      return fmt::format("{} nodes against {}", a_.nodes().size(), b_.nodes().size());
    }
    for (size_t i = 0; i < a_.outputs().size(); ++i) compare(a_.outputs()[i], b_.outputs()[i]);
    return difference_;
  }

 private:
  void differ(ValueId value, std::string what) {
    if (difference_.empty()) {
      difference_ = fmt::format("at \"{}\": {}", a_.value(value).name, what);
    }
  }

  void compare(ValueId a, ValueId b) {
    if (!difference_.empty()) return;
    if (static_cast<bool>(a) != static_cast<bool>(b)) {
      difference_ = "an optional input is there on one side only";
      return;
    }
    if (!a) return;
    if (const auto known = same_.find(a.index); known != same_.end()) {
      if (known->second != b) differ(a, fmt::format("wired to \"{}\"", b_.value(b).name));
      return;
    }
    same_[a.index] = b;
    if (a_.dtype(a) != b_.dtype(b) || !(a_.dims(a) == b_.dims(b))) {
      differ(a, fmt::format("{}{} against {}{}", dtype_name(a_.dtype(a)), to_string(a_.dims(a)),
                            dtype_name(b_.dtype(b)), to_string(b_.dims(b))));
      return;
    }
    const NodeId node_a = a_.producer(a), node_b = b_.producer(b);
    if (!node_a || !node_b) {
      const bool same_kind =
          !node_a && !node_b && a_.value(a).is_constant() == b_.value(b).is_constant();
      if (!same_kind) differ(a, "made by a node on one side, given on the other");
      return;
    }
    compare_nodes(a, node_a, node_b);
  }

  void compare_nodes(ValueId at, NodeId node_a, NodeId node_b) {
    const Node& a = a_.node(node_a);
    const Node& b = b_.node(node_b);
    if (a.op != b.op) return differ(at, fmt::format("{} against {}", a.op->name, b.op->name));
    if (!(a.attributes == b.attributes)) {
      return differ(
          at, fmt::format("{} against {}", a.attributes.to_string(), b.attributes.to_string()));
    }
    if (a.inputs.size() != b.inputs.size()) return differ(at, "the number of inputs differs");
    for (size_t i = 0; i < a.inputs.size(); ++i) compare(a.inputs[i], b.inputs[i]);
  }

  const Graph& a_;
  const Graph& b_;
  std::map<int32_t, ValueId> same_;
  std::string difference_;
};

}  // namespace

bool same_structure(const Graph& a, const Graph& b, std::string* difference) {
  const std::string found = Comparison(a, b).run();
  if (difference) *difference = found;
  return found.empty();
}

}  // namespace ingot
