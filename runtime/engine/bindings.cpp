// Evaluation of a plan's dims.
#include "runtime/engine/bindings.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"

namespace ingot {
namespace {

std::vector<std::string> symbols_of(const Attributes& attributes) {
  std::vector<std::string> names;
  for (const auto& [name, value] : attributes) {
    if (const auto* dims = std::get_if<std::vector<Dim>>(&value)) {
      for (const Dim& dim : *dims) dim.collect_symbols(&names);
    }
  }
  return names;
}

}  // namespace

SymbolTable::SymbolTable(const Plan& plan) : plan_(&plan) {
  for (const Dim& dim : plan.dims) {
    std::vector<std::string> names;
    dim.collect_symbols(&names);
    std::vector<int> used;
    for (const std::string& name : names) {
      add(name);
      used.push_back(index_.at(name));
    }
    alone_.push_back(dim.is_symbol() ? used.front() : -1);
    used_.push_back(std::move(used));
  }
  for (const PlanStep& step : plan.steps) {
    for (const std::string& name : symbols_of(step.attributes)) add(name);
  }
}

void SymbolTable::add(const std::string& name) {
  if (index_.emplace(name, static_cast<int>(names_.size())).second) names_.push_back(name);
}

int SymbolTable::find(const std::string& name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? -1 : found->second;
}

std::optional<int64_t> SymbolTable::evaluate(int dim, const Bindings& bindings) const {
  const Dim& expression = plan_->dims[static_cast<size_t>(dim)];
  if (expression.is_constant()) return expression.constant();
  for (const int symbol : used_[static_cast<size_t>(dim)]) {
    if (bindings[static_cast<size_t>(symbol)] == kUnbound) return std::nullopt;
  }
  if (const int symbol = symbol_of(dim); symbol >= 0) return bindings[static_cast<size_t>(symbol)];
  try {
    return expression.evaluate(
        [&](const std::string& name) { return bindings[static_cast<size_t>(index_.at(name))]; });
  } catch (const Error& error) {
    fail({"shape.invalid",
          fmt::format("the dim {} has no value for these shapes: {}", expression.to_string(),
                      error.problems().front().what),
          "", "give shapes for which the model is defined"});
  }
}

bool SymbolTable::has_symbols(const Attributes& attributes) {
  return !symbols_of(attributes).empty();
}

std::optional<Attributes> SymbolTable::substitute(const Attributes& attributes,
                                                  const Bindings& bindings) const {
  for (const std::string& name : symbols_of(attributes)) {
    if (bindings[static_cast<size_t>(index_.at(name))] == kUnbound) return std::nullopt;
  }
  Attributes result = attributes;
  for (const auto& [name, value] : attributes) {
    const auto* dims = std::get_if<std::vector<Dim>>(&value);
    if (!dims) continue;
    std::vector<Dim> numbers;
    for (const Dim& dim : *dims) {
      numbers.emplace_back(dim.evaluate([&](const std::string& symbol) {
        return bindings[static_cast<size_t>(index_.at(symbol))];
      }));
    }
    result.set(name, std::move(numbers));
  }
  return result;
}

}  // namespace ingot
