// Expressions in text: nested calls, with `let` for what is used more than once.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <map>

#include "core/base/error.h"
#include "core/node/expression.h"
#include "core/node/text_reader.h"

namespace ingot {
namespace {

/// Nesting that the printer allows before it writes a let; the parser takes more.
constexpr int kMostNesting = 64;

/// Prints every node once: what has several readers, or is nested deeply, gets a name.
class Printer {
 public:
  explicit Printer(std::span<const ExpressionNode> nodes)
      : nodes_(nodes), texts_(nodes.size()), depths_(nodes.size()) {}

  std::string print() {
    std::vector<int> uses(nodes_.size());
    for (const ExpressionNode& node : nodes_) {
      for (const int16_t operand : node.operands) {
        if (operand >= 0) ++uses[static_cast<size_t>(operand)];
      }
    }
    std::string lets;
    int next = 0;
    for (size_t i = 0; i < nodes_.size(); ++i) {
      texts_[i] = text_of(nodes_[i]);
      const bool is_operation = scalar_op_info(nodes_[i].op).operands > 0;
      for (const int16_t operand : nodes_[i].operands) {
        if (operand >= 0)
          depths_[i] = std::max(depths_[i], depths_[static_cast<size_t>(operand)] + 1);
      }
      const bool is_result = i + 1 == nodes_.size();
      if (is_result || !is_operation || (uses[i] < 2 && depths_[i] < kMostNesting)) continue;
      depths_[i] = 0;
      const std::string name = fmt::format("t{}", next++);
      lets += fmt::format("let {}={};", name, texts_[i]);
      texts_[i] = name;
    }
    return lets + texts_.back();
  }

 private:
  std::string text_of(const ExpressionNode& node) const {
    if (node.op == ScalarOp::kInput) return fmt::format("in{}", node.index);
    if (node.op == ScalarOp::kConstant) return float_text(node.value);
    std::string text = std::string(scalar_op_info(node.op).name) + "(";
    for (int i = 0; i < scalar_op_info(node.op).operands; ++i) {
      if (i > 0) text += ',';
      text += texts_[static_cast<size_t>(node.operands[i])];
    }
    return text + ")";
  }

  std::span<const ExpressionNode> nodes_;
  std::vector<std::string> texts_;
  std::vector<int> depths_;  ///< nesting of the texts
};

const ScalarOp* find_scalar_op(std::string_view name) {
  static const auto table = [] {
    std::map<std::string, ScalarOp, std::less<>> ops;
    for (size_t i = 0; i < kScalarOpCount; ++i) {
      const auto op = static_cast<ScalarOp>(i);
      if (scalar_op_info(op).operands > 0) ops.emplace(scalar_op_info(op).name, op);
    }
    return ops;
  }();
  const auto found = table.find(name);
  return found == table.end() ? nullptr : &found->second;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : reader_(text, "expression.syntax") {}

  Expression parse() {
    while (reader_.take_word("let")) {
      const std::string name(reader_.word());
      reader_.expect('=');
      names_[name] = node();
      reader_.expect(';');
    }
    const int result = node();
    if (reader_.peek() != '\0') reader_.fail_at("the end");
    expression_.finish(result);
    return std::move(expression_);
  }

 private:
  int node() {
    const char c = reader_.peek();
    if (std::isdigit(static_cast<unsigned char>(c)) || c == '-' || c == '.') return constant();
    const size_t start = reader_.position();
    const std::string_view word = reader_.word();
    if (reader_.peek() == '(') return call(word, start);
    if (const auto let = names_.find(word); let != names_.end()) return let->second;
    if (word == "inf" || word == "nan") {
      reader_.skip_to(start);
      return constant();
    }
    if (word.starts_with("in") && word.size() > 2 && word.size() <= 6 &&
        std::ranges::all_of(word.substr(2), [](unsigned char d) { return std::isdigit(d); })) {
      const int index = std::stoi(std::string(word.substr(2)));
      if (index <= std::numeric_limits<int16_t>::max()) return expression_.add_input(index);
    }
    reader_.skip_to(start);
    reader_.fail_at("an input (in0), a number, a let name or a call");
  }

  int constant() { return expression_.add_constant(static_cast<float>(reader_.number())); }

  int call(std::string_view name, size_t start) {
    const ScalarOp* op = find_scalar_op(name);
    if (!op) {
      reader_.skip_to(start);
      reader_.fail_at("a scalar operation, not \"" + std::string(name) + "\"");
    }
    reader_.enter();
    reader_.expect('(');
    int operands[3] = {-1, -1, -1};
    for (int i = 0; i < scalar_op_info(*op).operands; ++i) {
      if (i > 0) reader_.expect(',');
      operands[i] = node();
    }
    reader_.expect(')');
    reader_.leave();
    return expression_.add(*op, operands[0], operands[1], operands[2]);
  }

  TextReader reader_;
  Expression expression_;
  std::map<std::string, int, std::less<>> names_;
};

}  // namespace

std::string Expression::to_string() const { return empty() ? "" : Printer(nodes_).print(); }

Expression Expression::parse(std::string_view text) { return Parser(text).parse(); }

}  // namespace ingot
