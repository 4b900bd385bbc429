// Shared by the readers of ONNX's messages: fields over protozero, and errors with the path to them.
#pragma once

#include <fmt/format.h>

#include "compiler/onnx/checked_protozero.h"
#include "compiler/onnx/wire.h"

namespace ingot::onnx {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

/// A WireError with the path from the outermost message.
struct NestedWireError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline std::string_view text(pbf_reader& field) {
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

inline pbf_reader reader_of(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

/// Appends a repeated number, packed or not.
inline void append_varints(pbf_reader& field, std::vector<int64_t>& values) {
  if (field.has_wire_type(pbf_wire_type::length_delimited)) {
    for (const int64_t value : field.get_packed_int64()) values.push_back(value);
  } else {
    values.push_back(field.get_int64());
  }
}

inline void append_floats(pbf_reader& field, std::vector<float>& values) {
  if (field.has_wire_type(pbf_wire_type::length_delimited)) {
    const auto packed = field.get_packed_float();
    values.insert(values.end(), packed.begin(), packed.end());
  } else {
    values.push_back(field.get_float());
  }
}

StringEntry read_string_entry(std::string_view bytes);
TensorProto read_tensor(std::string_view bytes);
std::string_view read_sparse_tensor_name(std::string_view bytes);
ValueInfoProto read_value_info(std::string_view bytes);

}  // namespace ingot::onnx
