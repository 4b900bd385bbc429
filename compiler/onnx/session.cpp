// Bookkeeping of one import.
#include "compiler/onnx/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/base/error.h"

namespace ingot::onnx {
namespace {

constexpr int64_t kMostNodes = 500'000;
constexpr size_t kPlacesShown = 3;

/// Letters, digits, '_' and '.', beginning with a letter or '_': what Dim's text form can hold.
std::string symbol_text(std::string_view text) {
  const bool starts_well =
      !text.empty() && (std::isalpha(static_cast<unsigned char>(text[0])) || text[0] == '_');
  std::string symbol(starts_well ? 0 : 1, '_');
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.';
    symbol += plain ? c : '_';
  }
  return symbol;
}

/// Texts with which exporters say "unknown": two of them are not the same size.
bool says_nothing(std::string_view param) {
  return param.empty() || param == "?" || param == "-1" || param == "None" || param == "unknown";
}

}  // namespace

Opsets opsets_of(const std::vector<OpsetId>& ids) {
  Opsets opsets;
  for (const OpsetId& id : ids) opsets[std::string(id.domain)] = id.version;
  return opsets;
}

Dim SymbolNames::unique(std::string stem) {
  std::string name = stem;
  for (int i = 2; !used_.insert(name).second; ++i) name = fmt::format("{}_{}", stem, i);
  return Dim::symbol(name);
}

Dim SymbolNames::fresh(std::string_view name, size_t axis) {
  return unique(fmt::format("{}_d{}", symbol_text(name), axis));
}

Dim SymbolNames::declared(const Dimension& dimension, std::string_view name, size_t axis) {
  if (dimension.value && *dimension.value >= 0) return *dimension.value;
  if (says_nothing(dimension.param)) return fresh(name, axis);
  const auto known = by_text_.find(dimension.param);
  if (known != by_text_.end()) return known->second;
  return by_text_[std::string(dimension.param)] = unique(symbol_text(dimension.param));
}

Session::Session(std::string file, const ModelProto& model, TensorReader tensors)
    : file_(std::move(file)), model_(model), tensors_(std::move(tensors)) {
  for (const FunctionProto& function : model.functions) {
    functions_[{function.domain, function.name, function.overload}] = &function;
  }
}

const FunctionProto* Session::function(const NodeProto& node) const {
  const auto found = functions_.find({node.domain, node.op_type, node.overload});
  return found == functions_.end() ? nullptr : found->second;
}

void Session::problems_of(const Error& error, const std::string& where) {
  for (Problem problem : error.problems()) {
    problem.where = where;
    problems_.push_back(std::move(problem));
  }
}

void Session::count_node(const std::string& where) {
  if (++node_count_ <= kMostNodes) return;
  fail({"onnx.too_many_nodes",
        fmt::format("the model has more than {} nodes with its functions inlined", kMostNodes),
        where, "split the model"});
}

std::vector<Problem> Session::merged(const std::vector<Problem>& problems) {
  std::vector<Problem> result;
  std::vector<size_t> places;
  std::map<std::tuple<std::string, std::string, std::string>, size_t> index;
  for (const Problem& problem : problems) {
    const auto [at, is_new] =
        index.try_emplace({problem.id, problem.what, problem.fix}, result.size());
    if (is_new) {
      result.push_back(problem);
      places.push_back(1);
      continue;
    }
    if (++places[at->second] <= kPlacesShown) {
      // The file's name stands in the first place already.
      std::string_view place = problem.where;
      const size_t comma = place.find(", ");
      if (comma != std::string_view::npos) place.remove_prefix(comma + 2);
      result[at->second].where += fmt::format("; {}", place);
    }
  }
  for (size_t i = 0; i < result.size(); ++i) {
    if (places[i] > kPlacesShown) {
      result[i].where += fmt::format("; and {} more", places[i] - kPlacesShown);
    }
  }
  return result;
}

}  // namespace ingot::onnx
