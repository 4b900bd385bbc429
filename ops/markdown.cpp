// docs/ops.md: what the definitions say, for people.
#include <fmt/format.h>

#include "ops/registry.h"

namespace ingot {
namespace {

std::string port_line(const OpPort& port) {
  const char* kind = port.kind == OpPort::kOptional   ? " (optional)"
                     : port.kind == OpPort::kVariadic ? " (any number)"
                                                      : "";
  return fmt::format("- `{}`{}: {}\n", port.name, kind, port.summary);
}

std::string attribute_line(const OpAttribute& attribute) {
  const std::string fallback =
      attribute.required ? "required"
                         : fmt::format("default `{}`", attribute_to_string(attribute.fallback));
  return fmt::format("- `{}` ({}): {}\n", attribute.name, fallback, attribute.summary);
}

template <typename Item, typename Line>
std::string list(std::string_view title, const std::vector<Item>& items, Line line) {
  if (items.empty()) return "";
  std::string text = fmt::format("\n{}:\n\n", title);
  for (const Item& item : items) text += line(item);
  return text;
}

}  // namespace

std::string operators_markdown() {
  std::string text =
      "# Operators\n\n"
      "Every operator of Ingot's graph, generated from the definitions in `ops/`. Operators "
      "without\n"
      "a domain have the meaning of ONNX's newest operator set; models of older sets are "
      "rewritten\n"
      "when they are read.\n";
  for (const std::string& name : op_names()) {
    const OpDef& op = op_named(name);
    text += fmt::format("\n## {}\n\n{}\n", op.name, op.summary);
    if (!op.domain.empty()) text += fmt::format("\nDomain: `{}`.\n", op.domain);
    text += list("Inputs", op.inputs, port_line);
    text += list("Outputs", op.outputs, port_line);
    text += list("Attributes", op.attributes, attribute_line);
  }
  return text;
}

}  // namespace ingot
