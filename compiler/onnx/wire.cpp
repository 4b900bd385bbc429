// Readers of nodes, graphs, functions and the model. Hostile input ends in an exception of protozero
// or in WireError, which parse_model turns into a reason with the path to the message.
#include "compiler/onnx/wire_fields.h"

namespace ingot::onnx {
namespace {

constexpr int kMaxDepth = 32;

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

}  // namespace

const AttributeProto* NodeProto::attribute(std::string_view wanted) const {
  for (const AttributeProto& candidate : attributes) {
    if (candidate.name == wanted) return &candidate;
  }
  return nullptr;
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
