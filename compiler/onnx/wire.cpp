// Readers of ONNX's messages over protozero. Hostile input ends in an exception of protozero or in
// WireError, which parse_model turns into a reason with the path to the message.
#include "compiler/onnx/wire.h"

#include <fmt/format.h>

#include "compiler/onnx/checked_protozero.h"

namespace ingot::onnx {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

constexpr int kMaxDepth = 32;

/// A WireError with the path from the outermost message.
struct NestedWireError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string_view text(pbf_reader& field) {
  const protozero::data_view view = field.get_view();
  return {view.data(), view.size()};
}

/// Calls `read(message)` on the message in `field`; an exception in it gets `name` before its text.
template <typename Read>
auto nested(pbf_reader& field, std::string_view name, size_t index, Read&& read) {
  const std::string_view bytes = text(field);
  try {
    return read(bytes);
  } catch (const NestedWireError& error) {
    throw NestedWireError(fmt::format("{} {} > {}", name, index, error.what()));
  } catch (const std::exception& error) {
    throw NestedWireError(fmt::format("{} {}: {}", name, index, error.what()));
  }
}

pbf_reader reader_of(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

/// Appends a repeated number, packed or not.
void append_varints(pbf_reader& field, std::vector<int64_t>& values) {
  if (field.has_wire_type(pbf_wire_type::length_delimited)) {
    for (const int64_t value : field.get_packed_int64()) values.push_back(value);
  } else {
    values.push_back(field.get_int64());
  }
}

void append_floats(pbf_reader& field, std::vector<float>& values) {
  if (field.has_wire_type(pbf_wire_type::length_delimited)) {
    const auto packed = field.get_packed_float();
    values.insert(values.end(), packed.begin(), packed.end());
  } else {
    values.push_back(field.get_float());
  }
}

void append_doubles(pbf_reader& field, std::vector<double>& values) {
  if (field.has_wire_type(pbf_wire_type::length_delimited)) {
    const auto packed = field.get_packed_double();
    values.insert(values.end(), packed.begin(), packed.end());
  } else {
    values.push_back(field.get_double());
  }
}

StringEntry read_string_entry(std::string_view bytes) {
  StringEntry entry;
  for (pbf_reader field = reader_of(bytes); field.next();) {
    switch (field.tag()) {
      case 1:
        entry.key = text(field);
        break;
      case 2:
        entry.value = text(field);
        break;
      default:
        field.skip();
    }
  }
  return entry;
}

OpsetId read_opset(std::string_view bytes) {
  OpsetId opset;
  for (pbf_reader field = reader_of(bytes); field.next();) {
    switch (field.tag()) {
      case 1:
        opset.domain = text(field);
        break;
      case 2:
        opset.version = field.get_int64();
        break;
      default:
        field.skip();
    }
  }
  if (opset.domain == "ai.onnx") opset.domain = "";
  return opset;
}

TensorProto read_tensor(std::string_view bytes) {
  TensorProto tensor;
  tensor.message = bytes;
  for (pbf_reader field = reader_of(bytes); field.next();) {
    switch (field.tag()) {
      case 1:
        append_varints(field, tensor.dims);
        break;
      case 2:
        tensor.data_type = field.get_int32();
        break;
      case 3:
        tensor.is_segmented = true;
        field.skip();
        break;
      case 8:
        tensor.name = text(field);
        break;
      case 9:
        tensor.raw_data = text(field);
        break;
      case 13:
        tensor.external_data.push_back(
            nested(field, "external_data", tensor.external_data.size(), read_string_entry));
        break;
      case 14:
        tensor.is_external = field.get_int32() == 1;
        break;
      default:
        field.skip();
    }
  }
  return tensor;
}

std::string_view read_sparse_tensor_name(std::string_view bytes) {
  std::string_view name;
  for (pbf_reader field = reader_of(bytes); field.next();) {
    if (field.tag() == 1) {
      name = nested(field, "values", 0, read_tensor).name;
    } else {
      field.skip();
    }
  }
  return name;
}

Dimension read_dimension(std::string_view bytes) {
  Dimension dimension;
  for (pbf_reader field = reader_of(bytes); field.next();) {
    switch (field.tag()) {
      case 1:
        dimension.value = field.get_int64();
        break;
      case 2:
        dimension.param = text(field);
        break;
      default:
        field.skip();
    }
  }
  return dimension;
}

void read_shape(std::string_view bytes, ValueInfoProto& info) {
  info.has_shape = true;
  for (pbf_reader field = reader_of(bytes); field.next();) {
    if (field.tag() == 1) {
      info.dims.push_back(nested(field, "dim", info.dims.size(), read_dimension));
    } else {
      field.skip();
    }
  }
}

void read_type(std::string_view bytes, ValueInfoProto& info) {
  for (pbf_reader field = reader_of(bytes); field.next();) {
    switch (field.tag()) {
      case 1:
        info.kind = ValueInfoProto::kTensor;
        for (pbf_reader inner = reader_of(text(field)); inner.next();) {
          switch (inner.tag()) {
            case 1:
              info.element_type = inner.get_int32();
              break;
            case 2:
              read_shape(text(inner), info);
              break;
            default:
              inner.skip();
          }
        }
        break;
      case 4:
        info.kind = ValueInfoProto::kSequence;
        field.skip();
        break;
      case 5:
        info.kind = ValueInfoProto::kMap;
        field.skip();
        break;
      case 7:
        info.kind = ValueInfoProto::kOpaque;
        field.skip();
        break;
      case 8:
        info.kind = ValueInfoProto::kSparseTensor;
        field.skip();
        break;
      case 9:
        info.kind = ValueInfoProto::kOptional;
        field.skip();
        break;
      default:
        field.skip();
    }
  }
}

ValueInfoProto read_value_info(std::string_view bytes) {
  ValueInfoProto info;
  for (pbf_reader field = reader_of(bytes); field.next();) {
    switch (field.tag()) {
      case 1:
        info.name = text(field);
        break;
      case 2:
        read_type(text(field), info);
        break;
      default:
        field.skip();
    }
  }
  return info;
}

GraphProto read_graph(std::string_view bytes, int depth);

AttributeProto read_attribute(std::string_view bytes, int depth) {
  AttributeProto attribute;
  int32_t type = AttributeProto::kUnset, seen = AttributeProto::kUnset;
  const auto as_graph = [&](std::string_view inner) { return read_graph(inner, depth + 1); };
  for (pbf_reader field = reader_of(bytes); field.next();) {
    switch (field.tag()) {
      case 1:
        attribute.name = text(field);
        continue;
      case 20:
        type = field.get_int32();
        continue;
      case 21:
        attribute.ref_attr_name = text(field);
        continue;
      case 2:
        attribute.f = field.get_float();
        seen = AttributeProto::kFloat;
        break;
      case 3:
        attribute.i = field.get_int64();
        seen = AttributeProto::kInt;
        break;
      case 4:
        attribute.s = text(field);
        seen = AttributeProto::kString;
        break;
      case 5:
      case 10:
        seen = field.tag() == 5 ? AttributeProto::kTensor : AttributeProto::kTensors;
        attribute.tensors.push_back(nested(field, "tensor", attribute.tensors.size(), read_tensor));
        break;
      case 6:
      case 11:
        seen = field.tag() == 6 ? AttributeProto::kGraph : AttributeProto::kGraphs;
        attribute.graphs.push_back(nested(field, "graph", attribute.graphs.size(), as_graph));
        break;
      case 7:
        append_floats(field, attribute.floats);
        seen = AttributeProto::kFloats;
        break;
      case 8:
        append_varints(field, attribute.ints);
        seen = AttributeProto::kInts;
        break;
      case 9:
        attribute.strings.push_back(text(field));
        seen = AttributeProto::kStrings;
        break;
      case 14:
        field.skip();
        seen = AttributeProto::kTypeProto;
        break;
      case 15:
        field.skip();
        seen = AttributeProto::kTypeProtos;
        break;
      case 22:
        field.skip();
        seen = AttributeProto::kSparseTensor;
        break;
      case 23:
        field.skip();
        seen = AttributeProto::kSparseTensors;
        break;
      default:
        field.skip();
    }
  }
  attribute.type = static_cast<AttributeProto::Type>(type == AttributeProto::kUnset ? seen : type);
  return attribute;
}

NodeProto read_node(std::string_view bytes, int depth) {
  NodeProto node;
  const auto as_attribute = [&](std::string_view inner) { return read_attribute(inner, depth); };
  for (pbf_reader field = reader_of(bytes); field.next();) {
    switch (field.tag()) {
      case 1:
        node.inputs.push_back(text(field));
        break;
      case 2:
        node.outputs.push_back(text(field));
        break;
      case 3:
        node.name = text(field);
        break;
      case 4:
        node.op_type = text(field);
        break;
      case 5:
        node.attributes.push_back(nested(field, "attribute", node.attributes.size(), as_attribute));
        break;
      case 7:
        node.domain = text(field);
        break;
      case 8:
        node.overload = text(field);
        break;
      default:
        field.skip();
    }
  }
  if (node.domain == "ai.onnx") node.domain = "";
  return node;
}

GraphProto read_graph(std::string_view bytes, int depth) {
  if (depth > kMaxDepth) throw WireError("subgraphs nest too deep");
  GraphProto graph;
  const auto as_node = [&](std::string_view inner) { return read_node(inner, depth); };
  for (pbf_reader field = reader_of(bytes); field.next();) {
    switch (field.tag()) {
      case 1:
        graph.nodes.push_back(nested(field, "node", graph.nodes.size(), as_node));
        break;
      case 2:
        graph.name = text(field);
        break;
      case 5:
        graph.initializers.push_back(
            nested(field, "initializer", graph.initializers.size(), read_tensor));
        break;
      case 11:
        graph.inputs.push_back(nested(field, "input", graph.inputs.size(), read_value_info));
        break;
      case 12:
        graph.outputs.push_back(nested(field, "output", graph.outputs.size(), read_value_info));
        break;
      case 15:
        graph.sparse_initializers.push_back(nested(field, "sparse_initializer",
                                                   graph.sparse_initializers.size(),
                                                   read_sparse_tensor_name));
        break;
      default:
        field.skip();
    }
  }
  return graph;
}

FunctionProto read_function(std::string_view bytes) {
  FunctionProto function;
  const auto as_node = [](std::string_view inner) { return read_node(inner, 1); };
  const auto as_attribute = [](std::string_view inner) { return read_attribute(inner, 1); };
  for (pbf_reader field = reader_of(bytes); field.next();) {
    switch (field.tag()) {
      case 1:
        function.name = text(field);
        break;
      case 4:
        function.inputs.push_back(text(field));
        break;
      case 5:
        function.outputs.push_back(text(field));
        break;
      case 6:
        function.attributes.push_back(text(field));
        break;
      case 7:
        function.nodes.push_back(nested(field, "node", function.nodes.size(), as_node));
        break;
      case 9:
        function.opsets.push_back(
            nested(field, "opset_import", function.opsets.size(), read_opset));
        break;
      case 10:
        function.domain = text(field);
        break;
      case 11:
        function.attributes_with_default.push_back(
            nested(field, "attribute", function.attributes_with_default.size(), as_attribute));
        break;
      case 13:
        function.overload = text(field);
        break;
      default:
        field.skip();
    }
  }
  if (function.domain == "ai.onnx") function.domain = "";
  return function;
}

void read_model_field(pbf_reader& field, ModelProto& model) {
  const auto as_graph = [](std::string_view inner) { return read_graph(inner, 0); };
  switch (field.tag()) {
    case 1:
      model.ir_version = field.get_int64();
      break;
    case 2:
      model.producer_name = text(field);
      break;
    case 3:
      model.producer_version = text(field);
      break;
    case 7:
      model.graph = nested(field, "graph", 0, as_graph);
      break;
    case 8:
      model.opsets.push_back(nested(field, "opset_import", model.opsets.size(), read_opset));
      break;
    case 14:
      model.metadata.push_back(
          nested(field, "metadata_props", model.metadata.size(), read_string_entry));
      break;
    case 25:
      model.functions.push_back(nested(field, "function", model.functions.size(), read_function));
      break;
    default:
      field.skip();
  }
}

/// Calls `append(field)` on every field `number` of the tensor.
template <typename Append>
void each_field(const TensorProto& tensor, uint32_t number, Append&& append) {
  for (pbf_reader field = reader_of(tensor.message); field.next(number);) append(field);
}

}  // namespace

const AttributeProto* NodeProto::attribute(std::string_view wanted) const {
  for (const AttributeProto& candidate : attributes) {
    if (candidate.name == wanted) return &candidate;
  }
  return nullptr;
}

std::vector<float> float_data(const TensorProto& tensor) {
  std::vector<float> values;
  each_field(tensor, 4, [&](pbf_reader& field) { append_floats(field, values); });
  return values;
}

std::vector<double> double_data(const TensorProto& tensor) {
  std::vector<double> values;
  each_field(tensor, 10, [&](pbf_reader& field) { append_doubles(field, values); });
  return values;
}

std::vector<int64_t> int32_data(const TensorProto& tensor) {
  std::vector<int64_t> values;
  each_field(tensor, 5, [&](pbf_reader& field) { append_varints(field, values); });
  return values;
}

std::vector<int64_t> int64_data(const TensorProto& tensor) {
  std::vector<int64_t> values;
  each_field(tensor, 7, [&](pbf_reader& field) { append_varints(field, values); });
  return values;
}

std::vector<uint64_t> uint64_data(const TensorProto& tensor) {
  std::vector<uint64_t> values;
  each_field(tensor, 11, [&](pbf_reader& field) {
    if (field.has_wire_type(pbf_wire_type::length_delimited)) {
      for (const uint64_t value : field.get_packed_uint64()) values.push_back(value);
    } else {
      values.push_back(field.get_uint64());
    }
  });
  return values;
}

std::optional<ModelProto> parse_model(std::string_view bytes, ParseFailure* failure) {
  ModelProto model;
  try {
    for (pbf_reader field = reader_of(bytes); field.next();) read_model_field(field, model);
    return model;
  } catch (const protozero::end_of_buffer_exception&) {
    *failure = {.truncated = true, .reason = "the last field is cut off"};
  } catch (const std::exception& error) {
    *failure = {.truncated = false, .reason = error.what()};
  }
  return std::nullopt;
}

}  // namespace ingot::onnx
