// Writes tiny ONNX models in code, for tests: messages as bytes, nothing checked, so that broken
// models can be written too.
//
//   const std::string model = model_bytes(
//       GraphWriter().input("x", {2, "n"}).node("Relu", {"x"}, {"y"}).output("y"), {.opset = 19});
#pragma once

#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/onnx/checked_protozero.h"
#include "compiler/onnx/import.h"
#include "compiler/onnx/wire.h"

namespace ingot::onnx::writing {

using Names = std::vector<std::string>;
using Bytes = std::string;  ///< of one message

/// A dim: a number, a name, or nothing at all (nullptr).
using DimText = std::variant<std::nullptr_t, int, int64_t, const char*>;

inline std::vector<int64_t> dims_of(std::initializer_list<int64_t> dims) { return dims; }

/// A TensorProto with raw data.
template <typename T>
Bytes raw_tensor(std::string_view name, int32_t type, const std::vector<int64_t>& dims,
                 const std::vector<T>& values) {
  Bytes bytes;
  protozero::pbf_writer writer(bytes);
  for (const int64_t dim : dims) writer.add_int64(1, dim);
  writer.add_int32(2, type);
  writer.add_string(8, name.data(), name.size());
  writer.add_bytes(9, reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  return bytes;
}
inline Bytes floats(std::string_view name, const std::vector<int64_t>& dims,
                    const std::vector<float>& values) {
  return raw_tensor(name, kFloat, dims, values);
}
inline Bytes integers(std::string_view name, const std::vector<int64_t>& values) {
  return raw_tensor(name, kInt64, {static_cast<int64_t>(values.size())}, values);
}
inline Bytes scalar(std::string_view name, int64_t value) {
  return raw_tensor<int64_t>(name, kInt64, {}, {value});
}

/// A TensorProto whose data stands in a file.
inline Bytes external_tensor(std::string_view name, const std::vector<int64_t>& dims,
                             const std::vector<std::pair<std::string, std::string>>& entries) {
  Bytes bytes;
  protozero::pbf_writer writer(bytes);
  for (const int64_t dim : dims) writer.add_int64(1, dim);
  writer.add_int32(2, kFloat);
  writer.add_string(8, name.data(), name.size());
  for (const auto& [key, value] : entries) {
    protozero::pbf_writer entry(writer, 13);
    entry.add_string(1, key);
    entry.add_string(2, value);
  }
  writer.add_int32(14, 1);
  return bytes;
}

inline Bytes attribute_header(std::string_view name, AttributeProto::Type type) {
  Bytes bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_string(1, name.data(), name.size());
  writer.add_int32(20, type);
  return bytes;
}
inline Bytes attribute(std::string_view name, int64_t value) {
  Bytes bytes = attribute_header(name, AttributeProto::kInt);
  protozero::pbf_writer(bytes).add_int64(3, value);
  return bytes;
}
inline Bytes attribute(std::string_view name, int value) {
  return attribute(name, static_cast<int64_t>(value));
}
inline Bytes attribute(std::string_view name, float value) {
  Bytes bytes = attribute_header(name, AttributeProto::kFloat);
  protozero::pbf_writer(bytes).add_float(2, value);
  return bytes;
}
inline Bytes attribute(std::string_view name, const char* value) {
  Bytes bytes = attribute_header(name, AttributeProto::kString);
  protozero::pbf_writer(bytes).add_string(4, value);
  return bytes;
}
inline Bytes attribute(std::string_view name, const std::vector<int64_t>& values) {
  Bytes bytes = attribute_header(name, AttributeProto::kInts);
  protozero::pbf_writer writer(bytes);
  for (const int64_t value : values) writer.add_int64(8, value);
  return bytes;
}
inline Bytes attribute(std::string_view name, const std::vector<float>& values) {
  Bytes bytes = attribute_header(name, AttributeProto::kFloats);
  protozero::pbf_writer writer(bytes);
  for (const float value : values) writer.add_float(7, value);
  return bytes;
}
inline Bytes tensor_attribute(std::string_view name, const Bytes& tensor) {
  Bytes bytes = attribute_header(name, AttributeProto::kTensor);
  protozero::pbf_writer(bytes).add_message(5, tensor);
  return bytes;
}
inline Bytes graph_attribute(std::string_view name, const Bytes& graph) {
  Bytes bytes = attribute_header(name, AttributeProto::kGraph);
  protozero::pbf_writer(bytes).add_message(6, graph);
  return bytes;
}
/// Inside a function: the value of the function's attribute `reference`.
inline Bytes reference_attribute(std::string_view name, AttributeProto::Type type,
                                 std::string_view reference) {
  Bytes bytes = attribute_header(name, type);
  protozero::pbf_writer(bytes).add_string(21, reference.data(), reference.size());
  return bytes;
}

struct NodeOptions {
  std::string name = {}, domain = {};
};

inline Bytes node_bytes(std::string_view op, const Names& inputs, const Names& outputs,
                        const std::vector<Bytes>& attributes, const NodeOptions& options) {
  Bytes bytes;
  protozero::pbf_writer writer(bytes);
  for (const std::string& input : inputs) writer.add_string(1, input);
  for (const std::string& output : outputs) writer.add_string(2, output);
  writer.add_string(3, options.name);
  writer.add_string(4, op.data(), op.size());
  for (const Bytes& attribute : attributes) writer.add_message(5, attribute);
  if (!options.domain.empty()) writer.add_string(7, options.domain);
  return bytes;
}

/// A message with one field, itself a message. (A nested writer would drop an empty one.)
inline Bytes wrapped(uint32_t field, const Bytes& message) {
  Bytes bytes;
  protozero::pbf_writer(bytes).add_message(field, message);
  return bytes;
}

inline Bytes value_info(std::string_view name, const std::vector<DimText>& dims, int32_t type) {
  Bytes shape, tensor, bytes;
  for (const DimText& dim : dims) {
    Bytes one;
    protozero::pbf_writer writer(one);
    if (const auto* number = std::get_if<int>(&dim)) writer.add_int64(1, *number);
    if (const auto* number = std::get_if<int64_t>(&dim)) writer.add_int64(1, *number);
    if (const auto* name_of_dim = std::get_if<const char*>(&dim))
      writer.add_string(2, *name_of_dim);
    shape += wrapped(1, one);
  }
  protozero::pbf_writer(tensor).add_int32(1, type);
  tensor += wrapped(2, shape);
  protozero::pbf_writer(bytes).add_string(1, name.data(), name.size());
  return bytes + wrapped(2, wrapped(1, tensor));
}

class GraphWriter {
 public:
  GraphWriter& input(std::string_view name, const std::vector<DimText>& dims,
                     int32_t type = kFloat) {
    return add(11, value_info(name, dims, type));
  }
  /// An input whose type has no shape.
  GraphWriter& input_without_shape(std::string_view name) {
    Bytes bytes;
    protozero::pbf_writer writer(bytes);
    writer.add_string(1, name.data(), name.size());
    {
      protozero::pbf_writer type(writer, 2);
      protozero::pbf_writer(type, 1).add_int32(1, kFloat);
    }
    return add(11, bytes);
  }
  GraphWriter& output(std::string_view name) {
    Bytes bytes;
    protozero::pbf_writer(bytes).add_string(1, name.data(), name.size());
    return add(12, bytes);
  }
  GraphWriter& initializer(const Bytes& tensor) { return add(5, tensor); }
  GraphWriter& node(std::string_view op, const Names& inputs, const Names& outputs,
                    const std::vector<Bytes>& attributes = {}, const NodeOptions& options = {}) {
    return add(1, node_bytes(op, inputs, outputs, attributes, options));
  }
  operator const Bytes&() const { return bytes_; }  // NOLINT: a written graph is its bytes

 private:
  GraphWriter& add(uint32_t field, const Bytes& message) {
    protozero::pbf_writer(bytes_).add_message(field, message);
    return *this;
  }
  Bytes bytes_;
};

struct ModelOptions {
  int64_t opset = 19;
  std::vector<std::pair<std::string, int64_t>> other_opsets = {};
  std::vector<Bytes> functions = {};
  bool with_ir_version = true;
};

inline void add_opset(protozero::pbf_writer& writer, uint32_t field, std::string_view domain,
                      int64_t version) {
  protozero::pbf_writer opset(writer, field);
  if (!domain.empty()) opset.add_string(1, domain.data(), domain.size());
  opset.add_int64(2, version);
}

inline Bytes model_bytes(const Bytes& graph, const ModelOptions& options = {}) {
  Bytes bytes;
  protozero::pbf_writer writer(bytes);
  if (options.with_ir_version) writer.add_int64(1, 10);
  writer.add_message(7, graph);
  if (options.opset > 0) add_opset(writer, 8, "", options.opset);
  for (const auto& [domain, version] : options.other_opsets) add_opset(writer, 8, domain, version);
  for (const Bytes& function : options.functions) writer.add_message(25, function);
  return bytes;
}

/// A function of the model, of domain "test".
inline Bytes function_bytes(std::string_view name, const Names& inputs, const Names& outputs,
                            const std::vector<Bytes>& nodes,
                            const std::vector<Bytes>& defaults = {}) {
  Bytes bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_string(1, name.data(), name.size());
  for (const std::string& input : inputs) writer.add_string(4, input);
  for (const std::string& output : outputs) writer.add_string(5, output);
  for (const Bytes& node : nodes) writer.add_message(7, node);
  add_opset(writer, 9, "", 19);
  writer.add_string(10, "test");
  for (const Bytes& attribute : defaults) writer.add_message(11, attribute);
  return bytes;
}

/// Imports a model from memory, as the file "test.onnx".
inline Graph import_bytes(const Bytes& model, std::vector<Problem>* warnings = nullptr,
                          const std::string& directory = "") {
  const auto owner = std::make_shared<Bytes>(model);
  return import_onnx({std::as_bytes(std::span(*owner)), owner, "test.onnx", directory}, warnings);
}

/// The problems of a model that must not import; empty if it does.
inline std::vector<Problem> problems_of(const Bytes& model, const std::string& directory = "") {
  try {
    import_bytes(model, nullptr, directory);
  } catch (const Error& error) {
    return error.problems();
  }
  return {};
}

}  // namespace ingot::onnx::writing
