// ONNX's wire format, read without copying: messages whose texts and bytes view the mapped file.
// Field numbers and meanings are those of onnx-ml.proto; what an importer has no use for (training
// info, quantization annotations, documentation) is skipped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::onnx {

struct StringEntry {
  std::string_view key, value;
};

struct OpsetId {
  std::string_view domain;
  int64_t version = 0;
};

/// TensorProto.DataType.
enum ElementType : int32_t {
  kUndefined = 0,
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kString = 8,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
  kUint32 = 12,
  kUint64 = 13,
  kComplex64 = 14,
  kComplex128 = 15,
  kBfloat16 = 16,
  kFloat8E4M3FN = 17,
  kFloat8E4M3FNUZ = 18,
  kFloat8E5M2 = 19,
  kFloat8E5M2FNUZ = 20,
  kUint4 = 21,
  kInt4 = 22,
  kFloat4E2M1 = 23,
};

struct TensorProto {
  std::string_view name;
  int32_t data_type = kUndefined;
  std::vector<int64_t> dims;
  std::optional<std::string_view> raw_data;
  bool is_external = false;
  bool is_segmented = false;
  std::vector<StringEntry> external_data;
  std::string_view message;  ///< the whole message; its typed fields are decoded when asked for
};

/// The elements of the typed fields of a tensor, in the order in which they are stored.
std::vector<float> float_data(const TensorProto& tensor);
std::vector<double> double_data(const TensorProto& tensor);
std::vector<int64_t> int32_data(const TensorProto& tensor);
std::vector<int64_t> int64_data(const TensorProto& tensor);
std::vector<uint64_t> uint64_data(const TensorProto& tensor);

struct Dimension {
  std::optional<int64_t> value;
  std::string_view param;
};

struct ValueInfoProto {
  enum Kind { kNone, kTensor, kSequence, kMap, kOptional, kSparseTensor, kOpaque };
  std::string_view name;
  Kind kind = kNone;
  int32_t element_type = kUndefined;
  bool has_shape = false;
  std::vector<Dimension> dims;
};

struct GraphProto;

struct AttributeProto {
  /// AttributeProto.AttributeType.
  enum Type : int32_t {
    kUnset = 0,
    kFloat = 1,
    kInt = 2,
    kString = 3,
    kTensor = 4,
    kGraph = 5,
    kFloats = 6,
    kInts = 7,
    kStrings = 8,
    kTensors = 9,
    kGraphs = 10,
    kSparseTensor = 11,
    kSparseTensors = 12,
    kTypeProto = 13,
    kTypeProtos = 14,
  };
  std::string_view name;
  std::string_view ref_attr_name;  ///< inside a function: the function's attribute to use
  Type type = kUnset;              ///< worked out from the fields where the file has none
  float f = 0;
  int64_t i = 0;
  std::string_view s;
  std::vector<float> floats;
  std::vector<int64_t> ints;
  std::vector<std::string_view> strings;
  std::vector<TensorProto> tensors;  ///< of kTensor (one) and kTensors
  std::vector<GraphProto> graphs;    ///< of kGraph (one) and kGraphs
};

struct NodeProto {
  std::string_view name, op_type, domain, overload;
  std::vector<std::string_view> inputs, outputs;
  std::vector<AttributeProto> attributes;

  const AttributeProto* attribute(std::string_view wanted) const;
};

struct GraphProto {
  std::string_view name;
  std::vector<NodeProto> nodes;
  std::vector<TensorProto> initializers;
  std::vector<std::string_view> sparse_initializers;  ///< their names
  std::vector<ValueInfoProto> inputs, outputs;
};

struct FunctionProto {
  std::string_view name, domain, overload;
  std::vector<std::string_view> inputs, outputs;
  std::vector<std::string_view> attributes;  ///< those without a default
  std::vector<AttributeProto> attributes_with_default;
  std::vector<NodeProto> nodes;
  std::vector<OpsetId> opsets;
};

struct ModelProto {
  std::optional<int64_t> ir_version;
  std::string_view producer_name, producer_version;
  std::vector<OpsetId> opsets;
  std::optional<GraphProto> graph;
  std::vector<FunctionProto> functions;
  std::vector<StringEntry> metadata;
};

/// Why bytes could not be read as a model.
struct ParseFailure {
  bool truncated = false;  ///< the outermost message ends before a field does
  std::string reason;      ///< "graph > node 12 > attribute: varint too long"
};

/// Reads a whole model; the result views `bytes`. On failure returns nothing and sets *failure.
/// Subgraphs may nest 32 deep.
std::optional<ModelProto> parse_model(std::string_view bytes, ParseFailure* failure);

}  // namespace ingot::onnx
