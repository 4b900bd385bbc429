// What all parts of one import share: the model, its tensors and functions, and what was found
// wrong so far.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "compiler/onnx/tensors.h"
#include "compiler/onnx/wire.h"
#include "core/tensor/dim.h"
#include "ingot/error.h"

namespace ingot::onnx {

/// Versions of operator sets by domain.
using Opsets = std::map<std::string, int64_t, std::less<>>;
Opsets opsets_of(const std::vector<OpsetId>& ids);

/// The newest operator set whose meanings are known here.
inline constexpr int64_t kNewestOpset = 24;

/// Names of symbolic dims: texts of the model made into symbols, different ones kept apart.
class SymbolNames {
 public:
  /// The dim of axis `axis` of the value `name`, as declared.
  Dim declared(const Dimension& dimension, std::string_view name, size_t axis);
  /// A new symbol: "images_d2".
  Dim fresh(std::string_view name, size_t axis);

 private:
  Dim unique(std::string stem);
  std::map<std::string, Dim, std::less<>> by_text_;
  std::set<std::string, std::less<>> used_;
};

class Session {
 public:
  Session(std::string file, const ModelProto& model, TensorReader tensors);

  const std::string& file() const { return file_; }
  const ModelProto& model() const { return model_; }
  TensorReader& tensors() { return tensors_; }
  SymbolNames& symbols() { return symbols_; }

  /// The model's own function that a node calls, or null.
  const FunctionProto* function(const NodeProto& node) const;

  void problem(Problem problem) { problems_.push_back(std::move(problem)); }
  /// Adds the problems of `error` as those of `where`.
  void problems_of(const Error& error, const std::string& where);
  void warn(Problem warning) { warnings_.push_back(std::move(warning)); }
  size_t problem_count() const { return problems_.size(); }

  /// Counts an imported node; throws Error when nested functions and loops multiply without end.
  void count_node(const std::string& where);

  /// How deep calls of functions nest right now.
  int call_depth = 0;

  /// Problems that differ only in their place become one, which names a few places.
  std::vector<Problem> merged_problems() const { return merged(problems_); }
  std::vector<Problem> merged_warnings() const { return merged(warnings_); }

 private:
  static std::vector<Problem> merged(const std::vector<Problem>& problems);

  std::string file_;
  const ModelProto& model_;
  TensorReader tensors_;
  SymbolNames symbols_;
  std::map<std::tuple<std::string_view, std::string_view, std::string_view>, const FunctionProto*>
      functions_;
  std::vector<Problem> problems_, warnings_;
  int64_t node_count_ = 0;
};

}  // namespace ingot::onnx
