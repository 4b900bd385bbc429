// Attributes and programs in text, printed and parsed.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>

#include "core/base/error.h"
#include "core/node/attributes.h"
#include "core/node/program.h"
#include "core/node/text_reader.h"

namespace ingot {
namespace {

// ---- printing ----

/// With a point or an exponent, so that it does not read back as an integer.
std::string number_text(float value) {
  std::string text = float_text(value);
  if (text.find_first_of(".enf") == std::string::npos) text += ".0";
  return text;
}

template <typename T, typename Text>
std::string list_text(const std::vector<T>& values, Text text_of) {
  std::string text = "[";
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text += ',';
    text += text_of(values[i]);
  }
  return text + "]";
}

std::string tensor_text(const Tensor& tensor) {
  std::string text = fmt::format("tensor {}[{}]{{", dtype_name(tensor.dtype()),
                                 fmt::join(tensor.shape().begin(), tensor.shape().end(), ","));
  const auto append = [&](const auto& values, auto text_of) {
    for (size_t i = 0; i < values.size(); ++i) {
      if (i > 0) text += ',';
      text += text_of(values[i]);
    }
  };
  if (tensor.dtype() == DType::kF64) {
    append(tensor.aligned().as<double>(), [](double v) { return float_text(v); });
  } else if (is_float(tensor.dtype())) {
    append(tensor.to_floats(), [](float v) { return float_text(v); });
  } else {  // u64 above the largest i64 is written as the negative number of the same bits
    append(tensor.to_integers(), [](int64_t v) { return fmt::format("{}", v); });
  }
  return text + "}";
}

struct ValueText {
  std::string operator()(int64_t value) const { return fmt::format("{}", value); }
  std::string operator()(float value) const { return number_text(value); }
  std::string operator()(const std::string& value) const { return quoted_text(value); }
  std::string operator()(const std::vector<int64_t>& values) const {
    return list_text(values, [](int64_t v) { return fmt::format("{}", v); });
  }
  std::string operator()(const std::vector<float>& values) const {
    return values.empty() ? "floats[]" : list_text(values, number_text);
  }
  std::string operator()(const std::vector<std::string>& values) const {
    return values.empty() ? "strings[]" : list_text(values, quoted_text);
  }
  std::string operator()(DType value) const { return std::string(dtype_name(value)); }
  std::string operator()(const Expression& value) const {
    return "expr(" + value.to_string() + ")";
  }
  std::string operator()(const std::vector<Dim>& dims) const { return "dims" + to_string(dims); }
  std::string operator()(const Tensor& tensor) const { return tensor_text(tensor); }
  std::string operator()(const std::shared_ptr<const Program>& program) const {
    INGOT_CHECK(program != nullptr);
    return program->to_string();
  }
};

std::string slot_text(int slot) { return slot < 0 ? "_" : fmt::format("%{}", slot); }

std::string slots_text(const std::vector<int>& slots) {
  std::string text;
  for (size_t i = 0; i < slots.size(); ++i) text += (i > 0 ? ", " : "") + slot_text(slots[i]);
  return text;
}

// ---- parsing ----

Attributes parse_attributes(TextReader& in);

/// Calls `element` between commas up to the closing bracket; the opening one is taken already.
template <typename Element>
void parse_list(TextReader& in, char close, Element element) {
  if (in.take(close)) return;
  do {
    element();
  } while (in.take(','));
  in.expect(close);
}

AttributeValue parse_bracket_list(TextReader& in) {
  in.expect('[');
  if (in.peek() == '"') {
    std::vector<std::string> texts;
    parse_list(in, ']', [&] { texts.push_back(in.quoted()); });
    return texts;
  }
  std::vector<int64_t> integers;
  std::vector<float> numbers;
  bool all_integers = true;
  parse_list(in, ']', [&] {
    const size_t start = in.position();
    bool is_integer = false;
    numbers.push_back(static_cast<float>(in.number(&is_integer)));
    all_integers = all_integers && is_integer;
    if (!is_integer) return;
    in.skip_to(start);  // again: a double does not hold every int64
    integers.push_back(in.integer());
  });
  if (all_integers) return integers;
  return numbers;
}

AttributeValue parse_number(TextReader& in) {
  const size_t start = in.position();
  bool is_integer = false;
  const double number = in.number(&is_integer);
  if (!is_integer) return static_cast<float>(number);
  in.skip_to(start);
  return in.integer();
}

std::vector<Dim> parse_dims(TextReader& in) {
  const std::string_view text = in.bracketed();
  const std::string_view inside = text.substr(1, text.size() - 2);
  std::vector<Dim> dims;
  if (inside.find_first_not_of(' ') == std::string_view::npos) return dims;
  int open = 0;
  bool quote = false;
  size_t start = 0;
  for (size_t i = 0; i <= inside.size(); ++i) {
    const char c = i < inside.size() ? inside[i] : ',';
    if (quote && c == '\\') {
      ++i;
      continue;
    }
    if (c == '"') quote = !quote;
    if (quote) continue;
    if (c == '(') ++open;
    if (c == ')') --open;
    if (c != ',' || open > 0) continue;
    dims.push_back(Dim::parse(inside.substr(start, i - start)));
    start = i + 1;
  }
  return dims;
}

template <typename T>
void store(const TensorView& view, int64_t index, T value) {
  std::memcpy(static_cast<std::byte*>(view.data) + static_cast<size_t>(index) * sizeof(T), &value,
              sizeof(T));
}

void parse_element(TextReader& in, const TensorView& view, int64_t index) {
  switch (view.dtype) {
    case DType::kF32:
      return store(view, index, static_cast<float>(in.number()));
    case DType::kF64:
      return store(view, index, in.number());
    case DType::kF16:
      return store(view, index, Half(static_cast<float>(in.number())));
    case DType::kBF16:
      return store(view, index, BFloat16(static_cast<float>(in.number())));
    case DType::kF8E4M3:
      return store(view, index, Float8E4M3(static_cast<float>(in.number())));
    case DType::kF8E5M2: {
      const double number = in.number();
      Float8E5M2 value(static_cast<float>(number));
      if (number == INFINITY || number == -INFINITY) value.bits = number > 0 ? 0x7c : 0xfc;
      return store(view, index, value);
    }
    default:
      break;
  }
  const int64_t value = in.integer();
  switch (dtype_bits(view.dtype)) {
    case 4: {
      auto* byte = static_cast<uint8_t*>(view.data) + index / 2;
      *byte = static_cast<uint8_t>(*byte | (value & 15) << (index % 2 * 4));
      return;
    }
    case 8:
      return store(view, index, static_cast<int8_t>(value));
    case 16:
      return store(view, index, static_cast<int16_t>(value));
    case 32:
      return store(view, index, static_cast<int32_t>(value));
    case 64:
      return store(view, index, value);
    default:
      in.fail_at("a tensor of a known type");
  }
}

Tensor parse_tensor(TextReader& in) {
  const DType dtype = dtype_from_name(in.word());
  if (dtype == DType::kUndefined) in.fail_at("an element type such as f32");
  std::vector<int64_t> dims;
  in.expect('[');
  parse_list(in, ']', [&] {
    dims.push_back(in.integer());
    if (dims.back() < 0) in.fail_at("a dim that is not negative");
  });
  if (dims.size() > Shape::kMaxRank) in.fail_at("at most 8 axes");
  const Shape shape{std::span<const int64_t>(dims)};
  // Each element takes at least a digit: refuse sizes that the text cannot hold.
  if (shape.elements() > static_cast<int64_t>(in.rest().size())) in.fail_at("fewer elements");
  Tensor tensor = Tensor::allocate(dtype, shape);
  int64_t index = 0;
  in.expect('{');
  parse_list(in, '}', [&] {
    if (index == shape.elements()) in.fail_at("no more elements");
    parse_element(in, tensor.mutable_view(), index++);
  });
  if (index != shape.elements()) in.fail_at("more elements");
  return tensor;
}

/// Far above any model; a damaged number must not ask for gigabytes.
constexpr int64_t kMostSlots = 1 << 20;

int parse_slot(TextReader& in) {
  if (in.take('_')) return -1;
  in.expect('%');
  const int64_t slot = in.integer();
  if (slot < 0 || slot >= kMostSlots) in.fail_at("a slot");
  return static_cast<int>(slot);
}

/// "(2) { ... }", behind the word "program".
Program parse_program(TextReader& in) {
  in.enter();
  Program program;
  in.expect('(');
  const int64_t inputs = in.integer();
  if (inputs < 0 || inputs > kMostSlots) in.fail_at("a number of inputs");
  program.input_count = static_cast<int>(inputs);
  in.expect(')');
  in.expect('{');
  program.slot_count = program.input_count;
  const auto note = [&](int slot) {
    program.slot_count = std::max(program.slot_count, slot + 1);
    return slot;
  };
  while (!in.take_word("return")) {
    ProgramNode node;
    do {
      node.outputs.push_back(note(parse_slot(in)));
    } while (in.take(','));
    in.expect('=');
    node.op = in.word();
    in.expect('(');
    parse_list(in, ')', [&] { node.inputs.push_back(note(parse_slot(in))); });
    node.attributes = parse_attributes(in);
    in.expect(';');
    program.nodes.push_back(std::move(node));
  }
  if (in.peek() != '}') {
    do {
      program.outputs.push_back(note(parse_slot(in)));
    } while (in.take(','));
  }
  in.expect('}');
  in.leave();
  return program;
}

AttributeValue parse_value(TextReader& in) {
  const char c = in.peek();
  if (c == '"') return in.quoted();
  if (c == '[') return parse_bracket_list(in);
  if (c == '?') {
    in.take('?');
    return DType::kUndefined;
  }
  if (std::isdigit(static_cast<unsigned char>(c)) || c == '-' || in.rest().starts_with("inf") ||
      in.rest().starts_with("nan")) {
    return parse_number(in);
  }
  const size_t start = in.position();
  const std::string_view word = in.word();
  if (word == "expr") {
    const std::string_view text = in.bracketed();
    return text == "()" ? Expression() : Expression::parse(text.substr(1, text.size() - 2));
  }
  if (word == "dims") return parse_dims(in);
  if (word == "tensor") return parse_tensor(in);
  if (word == "program") return std::make_shared<const Program>(parse_program(in));
  if (word == "floats" || word == "strings") {
    in.expect('[');
    in.expect(']');
    if (word == "floats") return std::vector<float>();
    return std::vector<std::string>();
  }
  const DType dtype = dtype_from_name(word);
  if (dtype != DType::kUndefined) return dtype;
  in.skip_to(start);
  in.fail_at("a value, not \"" + std::string(word) + "\"");
}

Attributes parse_attributes(TextReader& in) {
  Attributes attributes;
  in.expect('{');
  parse_list(in, '}', [&] {
    std::string name(in.word());
    if (attributes.has(name)) in.fail_at("each attribute once, not again \"" + name + "\"");
    in.expect('=');
    attributes.set(std::move(name), parse_value(in));
  });
  return attributes;
}

}  // namespace

std::string attribute_to_string(const AttributeValue& value) {
  return std::visit(ValueText{}, value);
}

std::string Attributes::to_string() const {
  std::string text = "{";
  for (const auto& [name, value] : values_) {
    if (text.size() > 1) text += ", ";
    text += name + "=" + attribute_to_string(value);
  }
  return text + "}";
}

Attributes Attributes::parse(std::string_view text) {
  TextReader in(text, "attributes.syntax");
  Attributes attributes = parse_attributes(in);
  if (in.peek() != '\0') in.fail_at("the end");
  return attributes;
}

Attributes Attributes::parse_prefix(std::string_view text, size_t* length) {
  TextReader in(text, "attributes.syntax");
  Attributes attributes = parse_attributes(in);
  *length = in.position();
  return attributes;
}

std::string Program::to_string() const {
  std::string text = fmt::format("program({}) {{ ", input_count);
  for (const ProgramNode& node : nodes) {
    text += fmt::format("{} = {}({}) {}; ", slots_text(node.outputs), node.op,
                        slots_text(node.inputs), node.attributes.to_string());
  }
  return text + "return " + slots_text(outputs) + (outputs.empty() ? "}" : " }");
}

Program Program::parse(std::string_view text) {
  TextReader in(text, "program.syntax");
  if (!in.take_word("program")) in.fail_at("program");
  Program program = parse_program(in);
  if (in.peek() != '\0') in.fail_at("the end");
  return program;
}

}  // namespace ingot
