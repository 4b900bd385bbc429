// Readers of tensors and of declared types.
#include "compiler/onnx/wire_fields.h"

namespace ingot::onnx {
namespace {

void append_doubles(pbf_reader& field, std::vector<double>& values) {
  if (field.has_wire_type(pbf_wire_type::length_delimited)) {
    const auto packed = field.get_packed_double();
    values.insert(values.end(), packed.begin(), packed.end());
  } else {
    values.push_back(field.get_double());
  }
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

/// Calls `append(field)` on every field `number` of the tensor.
template <typename Append>
void each_field(const TensorProto& tensor, uint32_t number, Append&& append) {
  for (pbf_reader field = reader_of(tensor.message); field.next(number);) append(field);
}

}  // namespace

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

}  // namespace ingot::onnx
