// The text form of a graph: printing. One node a line; names are quoted where they must be.
#include <fmt/core.h>

#include <map>
#include <set>

#include "compiler/graph/graph.h"

namespace ingot {
namespace {

/// Constants up to this many elements are printed with their values.
constexpr int64_t kMaxPrintedElements = 16;

bool is_bare(std::string_view name) {
  if (name.empty() || name == "_" || name == "return") return false;
  for (char c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '.' && c != '/') {
      return false;
    }
  }
  return true;
}

std::string quoted(std::string_view name) {
  if (is_bare(name)) return std::string(name);
  std::string text = "\"";
  for (char c : name) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"";
}

class Printer {
 public:
  explicit Printer(const Graph& graph) : graph_(graph) {}

  std::string print(bool with_types) {
    for (ValueId id : graph_.inputs()) {
      text_ += fmt::format("{}: {}\n", name(id), type(id));
    }
    const std::vector<NodeId> nodes = graph_.nodes();
    for (NodeId id : nodes) {
      for (ValueId input : graph_.node(id).inputs) declare_constant(input);
    }
    for (ValueId output : graph_.outputs()) declare_constant(output);
    for (NodeId id : nodes) print_node(id, with_types);
    text_ += "return ";
    for (size_t i = 0; i < graph_.outputs().size(); ++i) {
      text_ += fmt::format("{}{}", i ? ", " : "", name(graph_.outputs()[i]));
    }
    return text_ + "\n";
  }

 private:
  std::string name(ValueId id) {
    if (!id) return "_";
    auto [it, inserted] = names_.try_emplace(id.index);
    if (inserted) {
      std::string unique =
          graph_.value(id).name.empty() ? fmt::format("v{}", id.index) : graph_.value(id).name;
      if (!taken_.insert(unique).second) {
        unique = fmt::format("{}.v{}", unique, id.index);
        taken_.insert(unique);
      }
      it->second = quoted(unique);
    }
    return it->second;
  }

  std::string type(ValueId id) const {
    return fmt::format("{}{}", dtype_name(graph_.dtype(id)), to_string(graph_.dims(id)));
  }

  void declare_constant(ValueId id) {
    if (!id || !graph_.value(id).is_constant() || !declared_.insert(id.index).second) return;
    const Tensor& constant = graph_.value(id).type.constant;
    text_ += fmt::format("{}: const {}", name(id), type(id));
    const bool printable = dtype_bits(constant.dtype()) >= 8;
    if (printable && constant.elements() > 0 && constant.elements() <= kMaxPrintedElements) {
      std::string values;
      if (is_float(constant.dtype())) {
        for (float v : constant.to_floats()) {
          values += fmt::format("{}{}", values.empty() ? "" : ", ", v);
        }
      } else {
        for (int64_t v : constant.to_integers()) {
          values += fmt::format("{}{}", values.empty() ? "" : ", ", v);
        }
      }
      text_ += fmt::format(" = {{{}}}", values);
    }
    text_ += "\n";
  }

  void print_node(NodeId id, bool with_types) {
    const Node& node = graph_.node(id);
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      text_ += fmt::format("{}{}", i ? ", " : "", name(node.outputs[i]));
    }
    text_ += fmt::format(" = {}(", node.op->name);
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      text_ += fmt::format("{}{}", i ? ", " : "", name(node.inputs[i]));
    }
    text_ += ")";
    if (!node.attributes.empty()) text_ += " " + node.attributes.to_string();
    if (with_types) {
      text_ += " :";
      for (ValueId output : node.outputs) text_ += output ? " " + type(output) : " _";
    }
    for (size_t i = 0; i < node.origin.size(); ++i) {
      text_ += fmt::format("{}{}", i ? ", " : "  # origin: ", node.origin[i]);
    }
    text_ += "\n";
  }

  const Graph& graph_;
  std::string text_;
  std::map<int32_t, std::string> names_;
  std::set<std::string> taken_;
  std::set<int32_t> declared_;
};

}  // namespace

std::string to_text(const Graph& graph, bool with_types) {
  return Printer(graph).print(with_types);
}

}  // namespace ingot
