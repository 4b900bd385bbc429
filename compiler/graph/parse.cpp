// The text form of a graph: parsing. Errors name the line.
#include <fmt/core.h>

#include <charconv>
#include <map>

#include "compiler/graph/graph.h"
#include "core/base/error.h"
#include "core/base/hash.h"

namespace ingot {
namespace {

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// Splits at `separator` outside quotes and brackets.
std::vector<std::string_view> split_outside(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  int depth = 0;
  bool in_quotes = false;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_quotes) {
      if (c == '\\') ++i;
      if (c == '"') in_quotes = false;
    } else if (c == '"') {
      in_quotes = true;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      --depth;
    } else if (c == separator && depth == 0) {
      parts.push_back(trim(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  parts.push_back(trim(text.substr(begin)));
  return parts;
}

/// Deterministic values in [-1, 1] (integers: 0 to 3) that depend on the name only.
Tensor made_up_constant(DType dtype, const Shape& shape, const std::string& name) {
  Tensor tensor = Tensor::allocate(dtype, shape);
  uint64_t state = hash64(std::as_bytes(std::span(name.data(), name.size())));
  const auto next = [&state] {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<uint32_t>(state >> 33);
  };
  const TensorView view = tensor.mutable_view();
  if (dtype == DType::kF32) {
    for (float& v : view.as<float>()) v = static_cast<float>(next()) / 1073741824.0F - 1.0F;
  } else if (dtype == DType::kI64) {
    for (int64_t& v : view.as<int64_t>()) v = next() % 4;
  } else if (dtype == DType::kI32) {
    for (int32_t& v : view.as<int32_t>()) v = static_cast<int32_t>(next() % 4);
  } else if (dtype == DType::kBool) {
    for (bool& v : view.as<bool>()) v = next() % 2 == 0;
  } else if (dtype == DType::kI8 || dtype == DType::kU8) {
    for (uint8_t& v : view.as<uint8_t>()) v = static_cast<uint8_t>(next() % 16);
  }
  return tensor;
}

class Parser {
 public:
  Graph parse(std::string_view text) {
    size_t begin = 0;
    while (begin <= text.size()) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      ++line_;
      parse_line(trim(text.substr(begin, end - begin)));
      begin = end + 1;
    }
    if (graph_.outputs().empty()) return_unread_values();
    return std::move(graph_);
  }

 private:
  [[noreturn]] void syntax(std::string what) const {
    fail({"graph.syntax", std::move(what), fmt::format("line {}", line_),
          "see docs/graph-text.md for the form of a graph in text"});
  }

  void parse_line(std::string_view line) {
    std::vector<std::string> origin;
    if (const size_t comment = find_comment(line); comment != std::string_view::npos) {
      std::string_view note = trim(line.substr(comment + 1));
      constexpr std::string_view kOrigin = "origin:";
      if (note.starts_with(kOrigin)) {
        for (std::string_view name : split_outside(note.substr(kOrigin.size()), ',')) {
          origin.emplace_back(name);
        }
      }
      line = trim(line.substr(0, comment));
    }
    if (line.empty()) return;
    if (line.starts_with("return ")) {
      for (std::string_view name : split_outside(line.substr(7), ',')) {
        const ValueId id = value(name);
        graph_.add_output(id, graph_.value(id).name);
      }
      return;
    }
    if (const auto parts = split_outside(line, '='); parts.size() > 1 && is_node(parts[1])) {
      parse_node(line, std::move(origin));
      return;
    }
    for (std::string_view declaration : split_outside(line, ',')) declare(declaration);
  }

  static size_t find_comment(std::string_view line) {
    bool in_quotes = false;
    for (size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\\' && in_quotes)
        ++i;
      else if (line[i] == '"')
        in_quotes = !in_quotes;
      else if (line[i] == '#' && !in_quotes)
        return i;
    }
    return std::string_view::npos;
  }

  static bool is_node(std::string_view right) {
    return !right.empty() && right[0] != '{' && right.find('(') != std::string_view::npos;
  }

  std::string unquoted(std::string_view name) const {
    if (name.empty()) syntax("a name is missing");
    if (name[0] != '"') return std::string(name);
    std::string text;
    for (size_t i = 1; i + 1 < name.size(); ++i) {
      if (name[i] == '\\' && i + 2 < name.size()) ++i;
      text += name[i];
    }
    return text;
  }

  ValueId value(std::string_view name) const {
    if (name == "_") return {};
    const std::string key = unquoted(name);
    const auto found = values_.find(key);
    if (found != values_.end()) return found->second;
    std::vector<std::string> known;
    for (const auto& [known_name, id] : values_) known.push_back(known_name);
    syntax(fmt::format("unknown value \"{}\"; {}", key, suggest(key, known)));
  }

  void define(std::string_view name, ValueId id) {
    if (!values_.emplace(unquoted(name), id).second) {
      syntax(fmt::format("value \"{}\" is defined twice", unquoted(name)));
    }
  }

  void declare(std::string_view text) {
    const auto literal = split_outside(text, '=');
    const auto parts = split_outside(literal[0], ':');
    if (parts.size() != 2) syntax(fmt::format("expected \"name: type\", got \"{}\"", text));
    std::string_view type = parts[1];
    const bool is_constant = type.starts_with("const ");
    if (is_constant) type = trim(type.substr(6));
    const size_t bracket = type.find('[');
    const DType dtype = dtype_from_name(trim(type.substr(0, bracket)));
    if (dtype == DType::kUndefined) syntax(fmt::format("unknown type \"{}\"", type));
    SymbolicShape dims;
    if (bracket != std::string_view::npos) {
      if (type.back() != ']') syntax(fmt::format("\"{}\" has no closing bracket", type));
      const auto inside = trim(type.substr(bracket + 1, type.size() - bracket - 2));
      if (!inside.empty()) {
        for (std::string_view dim : split_outside(inside, ',')) dims.push_back(Dim::parse(dim));
      }
    }
    const std::string name = unquoted(parts[0]);
    if (!is_constant) {
      define(parts[0], graph_.add_input(name, dtype, dims));
      return;
    }
    Shape shape;
    for (const Dim& dim : dims) {
      if (!dim.is_constant()) syntax(fmt::format("constant \"{}\" has a symbolic dim", name));
      shape.push_back(dim.constant());
    }
    Tensor tensor = made_up_constant(dtype, shape, name);
    if (literal.size() > 1) fill(literal[1], tensor.mutable_view());
    define(parts[0], graph_.add_constant(tensor, name));
  }

  void fill(std::string_view literal, const TensorView& view) const {
    if (literal.size() < 2 || literal[0] != '{') syntax("expected {values}");
    std::vector<double> numbers;
    std::vector<int64_t> integers;  // beside the doubles, which hold no more than 53 bits
    for (std::string_view item : split_outside(literal.substr(1, literal.size() - 2), ',')) {
      double number = 0;
      const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), number);
      if (error != std::errc() || end != item.data() + item.size()) {
        syntax(fmt::format("\"{}\" is not a number", item));
      }
      numbers.push_back(number);
      int64_t integer = 0;
      const bool whole =
          std::from_chars(item.data(), item.data() + item.size(), integer).ptr == end;
      integers.push_back(whole ? integer : static_cast<int64_t>(number));
    }
    const auto count = static_cast<size_t>(view.elements());
    if (numbers.size() == 1) {
      numbers.resize(count, numbers[0]);
      integers.resize(count, integers[0]);
    }
    if (numbers.size() != count) {
      syntax(fmt::format("{} values given for {} elements", numbers.size(), count));
    }
    for (size_t i = 0; i < count; ++i) {
      if (view.dtype == DType::kF32)
        view.as<float>()[i] = static_cast<float>(numbers[i]);
      else if (view.dtype == DType::kI64)
        view.as<int64_t>()[i] = integers[i];
      else if (view.dtype == DType::kI32)
        view.as<int32_t>()[i] = static_cast<int32_t>(numbers[i]);
      else if (view.dtype == DType::kBool)
        view.as<bool>()[i] = numbers[i] != 0;
      else if (view.dtype == DType::kI8)
        view.as<int8_t>()[i] = static_cast<int8_t>(numbers[i]);
      else if (view.dtype == DType::kU8)
        view.as<uint8_t>()[i] = static_cast<uint8_t>(numbers[i]);
      else if (view.dtype == DType::kF16)
        view.as<Half>()[i] = static_cast<float>(numbers[i]);
      else if (view.dtype == DType::kBF16)
        view.as<BFloat16>()[i] = static_cast<float>(numbers[i]);
      else if (view.dtype == DType::kF64)
        view.as<double>()[i] = numbers[i];
      else
        syntax(fmt::format("no literals for {}", dtype_name(view.dtype)));
    }
  }

  void parse_node(std::string_view line, std::vector<std::string> origin) {
    const size_t equals = split_outside(line, '=')[0].size();
    const std::string_view left = line.substr(0, equals);
    std::string_view right = trim(line.substr(line.find('=', equals) + 1));
    const size_t open = right.find('(');
    const std::string_view op = trim(right.substr(0, open));
    size_t close = open;
    for (int depth = 0; close < right.size(); ++close) {
      if (right[close] == '(') ++depth;
      if (right[close] == ')' && --depth == 0) break;
    }
    if (close == right.size()) syntax("a closing parenthesis is missing");
    std::vector<ValueId> inputs;
    const std::string_view list = trim(right.substr(open + 1, close - open - 1));
    if (!list.empty()) {
      for (std::string_view name : split_outside(list, ',')) inputs.push_back(value(name));
    }
    std::string_view rest = trim(right.substr(close + 1));
    rest = split_outside(rest, ':')[0];  // types after ':' are for the reader
    const Attributes attributes = rest.empty() ? Attributes{} : Attributes::parse(rest);
    std::vector<std::string_view> outputs = split_outside(left, ',');
    std::vector<std::string> names;
    for (std::string_view name : outputs) {
      names.push_back(name == "_" ? std::string() : unquoted(name));
    }
    const NodeId id =
        graph_.add_node(op_named(op), std::move(inputs), attributes, std::move(origin), names);
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i] != "_") define(outputs[i], graph_.node(id).outputs[i]);
    }
  }

  void return_unread_values() {
    for (int32_t i = 0; i < graph_.value_count(); ++i) {
      const ValueId id{i};
      if (graph_.producer(id) && graph_.reader_count(id) == 0) {
        graph_.add_output(id, graph_.value(id).name);
      }
    }
  }

  Graph graph_;
  std::map<std::string, ValueId> values_;
  int line_ = 0;
};

}  // namespace

Graph parse_graph(std::string_view text) { return Parser().parse(text); }

}  // namespace ingot
