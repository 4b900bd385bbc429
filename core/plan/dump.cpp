// A plan as text: one line a value, constant and step.
#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/plan/writer.h"

namespace ingot {
namespace {

std::string shape_text(const Plan& plan, const PlanValue& value) {
  std::vector<std::string> dims;
  for (const int dim : value.dims) dims.push_back(plan.dims[static_cast<size_t>(dim)].to_string());
  return fmt::format("{}[{}]", dtype_name(value.dtype), fmt::join(dims, ","));
}

std::string storage_text(const Plan& plan, const PlanValue& value) {
  const auto name = [&](int other) { return plan.values[static_cast<size_t>(other)].name; };
  switch (value.storage) {
    case Storage::kInput:
      return "input";
    case Storage::kOutput:
      return "output";
    case Storage::kConstant:
      return fmt::format("constant {}", value.constant);
    case Storage::kArena:
      return value.in_place_of < 0
                 ? "arena"
                 : fmt::format("arena in place of \"{}\"", name(value.in_place_of));
    case Storage::kView:
      if (value.axis < 0) return fmt::format("view of \"{}\"", name(value.parent));
      return fmt::format("view of \"{}\" axis {} from {}", name(value.parent), value.axis,
                         plan.dims[static_cast<size_t>(value.offset)].to_string());
    case Storage::kDynamic:
      return "dynamic";
  }
  return "?";
}

}  // namespace

std::string dump_plan(const Plan& plan) {
  std::string text = fmt::format("plan \"{}\"\n  written by Ingot {} for {}\n  model hash {}\n",
                                 plan.model_name, plan.ingot_version, plan.device, plan.model_hash);
  const auto name = [&](int value) {
    return value < 0 ? std::string("-") : plan.values[static_cast<size_t>(value)].name;
  };
  const auto border = [&](const char* title, const std::vector<PlanTensor>& tensors) {
    text += title;
    for (const PlanTensor& tensor : tensors) {
      text += fmt::format("  {}: {} = value \"{}\"\n", tensor.name,
                          shape_text(plan, plan.values[static_cast<size_t>(tensor.value)]),
                          name(tensor.value));
    }
  };
  border("inputs\n", plan.inputs);
  border("outputs\n", plan.outputs);
  for (size_t i = 0; i < plan.profiles.size(); ++i) {
    text += fmt::format("profile {}\n", i);
    for (const PlanRange& range : plan.profiles[i].symbols) {
      text += fmt::format("  {}: {}..{}..{}\n", range.symbol, range.min, range.opt, range.max);
    }
  }
  text += "values\n";
  for (const PlanValue& value : plan.values) {
    const auto layout = value.layout == Layout::kPlain
                            ? std::string()
                            : fmt::format(" {}", layout_name(value.layout));
    text += fmt::format("  \"{}\" {}{}, {}\n", value.name, shape_text(plan, value), layout,
                        storage_text(plan, value));
  }
  text += "constants\n";
  for (size_t i = 0; i < plan.constants.size(); ++i) {
    const PlanConstant& constant = plan.constants[i];
    text += fmt::format("  {} {} {}, {} bytes, {}, hash {}\n", i, dtype_name(constant.dtype),
                        constant.shape.to_string(), constant.bytes.size(),
                        constant.format.empty() ? "dense" : "packed " + constant.format,
                        hash128_hex(constant.bytes));
  }
  text += "steps\n";
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const PlanStep& step = plan.steps[i];
    std::vector<std::string> outputs, inputs;
    for (const int output : step.outputs) outputs.push_back(name(output));
    for (const int input : step.inputs) inputs.push_back(name(input));
    text += fmt::format("  {} \"{}\": {} = {}({}) {}\n", i, step.name, fmt::join(outputs, ", "),
                        step.kind, fmt::join(inputs, ", "), step.attributes.to_string());
    text += fmt::format("      tactic {}; from {}\n", step.tactic, fmt::join(step.origin, ", "));
  }
  return text;
}

}  // namespace ingot
