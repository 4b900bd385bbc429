// Element types and tensors: from the wire to core's Tensor.
#include "compiler/onnx/tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>

#include "core/base/error.h"
#include "core/tensor/dtype.h"

namespace ingot::onnx {
namespace {

struct ElementTypeRow {
  std::string_view name;
  DType dtype;
};

/// Indexed by TensorProto.DataType.
constexpr std::array<ElementTypeRow, 29> kElementTypes = {{
    {"UNDEFINED", DType::kUndefined},
    {"FLOAT", DType::kF32},
    {"UINT8", DType::kU8},
    {"INT8", DType::kI8},
    {"UINT16", DType::kU16},
    {"INT16", DType::kI16},
    {"INT32", DType::kI32},
    {"INT64", DType::kI64},
    {"STRING", DType::kUndefined},
    {"BOOL", DType::kBool},
    {"FLOAT16", DType::kF16},
    {"DOUBLE", DType::kF64},
    {"UINT32", DType::kU32},
    {"UINT64", DType::kU64},
    {"COMPLEX64", DType::kUndefined},
    {"COMPLEX128", DType::kUndefined},
    {"BFLOAT16", DType::kBF16},
    {"FLOAT8E4M3FN", DType::kF8E4M3},
    {"FLOAT8E4M3FNUZ", DType::kUndefined},
    {"FLOAT8E5M2", DType::kF8E5M2},
    {"FLOAT8E5M2FNUZ", DType::kUndefined},
    {"UINT4", DType::kU4},
    {"INT4", DType::kI4},
    {"FLOAT4E2M1", DType::kUndefined},
    {"FLOAT8E8M0", DType::kUndefined},
    {"UINT2", DType::kUndefined},
    {"INT2", DType::kUndefined},
    {"FLOAT6E2M3", DType::kUndefined},
    {"FLOAT6E3M2", DType::kUndefined},
}};

/// More bytes than any machine maps: the product of hostile dims stops here.
constexpr int64_t kMostElements = int64_t{1} << 44;

Shape checked_shape(const TensorProto& tensor, const std::string& label, const std::string& where) {
  const std::string dims = fmt::format("[{}]", fmt::join(tensor.dims, ","));
  const auto refuse = [&](std::string_view reason) {
    fail({"onnx.bad_shape", fmt::format("{} has shape {}: {}", label, dims, reason), where,
          "export the model again"});
  };
  if (tensor.dims.size() > Shape::kMaxRank) {
    refuse(fmt::format("at most {} axes are supported", Shape::kMaxRank));
  }
  const bool empty = std::find(tensor.dims.begin(), tensor.dims.end(), 0) != tensor.dims.end();
  int64_t elements = 1;
  for (const int64_t dim : tensor.dims) {
    if (dim < 0) refuse("a dim is negative");
    if (empty) continue;
    if (dim > kMostElements / elements) refuse("too many elements");
    elements *= dim;
  }
  return Shape(tensor.dims);
}

/// Stores numbers of a typed field as elements; wraps like the C++ cast that the format means.
template <typename Stored, typename Number>
void store(std::span<const Number> numbers, Tensor& tensor) {
  auto* to = static_cast<Stored*>(tensor.mutable_view().data);
  for (const Number number : numbers) {
    const auto value = static_cast<Stored>(number);
    std::memcpy(to++, &value, sizeof(Stored));
  }
}

/// How many numbers the typed field must have: 4-bit elements come in pairs.
int64_t expected_count(DType dtype, const Shape& shape) {
  const bool nibbles = dtype == DType::kI4 || dtype == DType::kU4;
  return nibbles ? (shape.elements() + 1) / 2 : shape.elements();
}

template <typename Number>
void check_count(const std::vector<Number>& numbers, DType dtype, const Shape& shape,
                 const std::string& label, const std::string& where) {
  const int64_t expected = expected_count(dtype, shape);
  if (static_cast<int64_t>(numbers.size()) == expected) return;
  fail({"onnx.size_mismatch",
        fmt::format("{}: its shape {} takes {} {} elements, its data has {}", label,
                    shape.to_string(), shape.elements(), dtype_name(dtype), numbers.size()),
        where, "export the model again; the file is damaged"});
}

Tensor decode_typed(const TensorProto& proto, DType dtype, const Shape& shape,
                    const std::string& label, const std::string& where) {
  const auto decode = [&]<typename Stored>(const auto& numbers, Stored) {
    check_count(numbers, dtype, shape, label, where);
    Tensor tensor = Tensor::allocate(dtype, shape);
    store<Stored>(std::span(numbers), tensor);
    return tensor;
  };
  switch (dtype) {
    case DType::kF32:
      return decode(float_data(proto), float{});
    case DType::kF64:
      return decode(double_data(proto), double{});
    case DType::kI64:
      return decode(int64_data(proto), int64_t{});
    case DType::kU64:
      return decode(uint64_data(proto), uint64_t{});
    case DType::kU32:
      return decode(uint64_data(proto), uint32_t{});
    case DType::kI32:
      return decode(int32_data(proto), int32_t{});
    case DType::kI16:
    case DType::kU16:
    case DType::kF16:
    case DType::kBF16:
      return decode(int32_data(proto), uint16_t{});
    default:
      return decode(int32_data(proto), uint8_t{});
  }
}

/// Bools are 0 or 1 in Ingot; files may hold other bytes for true.
Tensor normalized_bools(Tensor tensor) {
  const auto bytes = tensor.as<uint8_t>();
  if (std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte <= 1; })) {
    return tensor;
  }
  Tensor copy = Tensor::allocate(DType::kBool, tensor.shape());
  std::transform(bytes.begin(), bytes.end(), copy.mutable_view().as<uint8_t>().begin(),
                 [](uint8_t byte) { return byte != 0 ? 1 : 0; });
  return copy;
}

/// Counts elements of `Bits` whose exponent is all ones. One branch-free pass finds out whether
/// there is any: adding one to the exponent then carries into the sign bit.
template <typename Bits>
NonFinite count(const Tensor& tensor, Bits exponent) {
  constexpr Bits kSign = static_cast<Bits>(Bits{1} << (sizeof(Bits) * 8 - 1));
  const auto magnitude = static_cast<Bits>(~kSign);
  const auto step = static_cast<Bits>(exponent & (~exponent + 1));
  const auto* bytes = static_cast<const std::byte*>(tensor.data());
  const int64_t elements = tensor.elements();
  Bits carried = 0;
  for (int64_t i = 0; i < elements; ++i) {
    Bits bits;
    std::memcpy(&bits, bytes + i * static_cast<int64_t>(sizeof(Bits)), sizeof(Bits));
    carried = static_cast<Bits>(carried | ((bits & magnitude) + step));
  }
  NonFinite result;
  if (!(carried & kSign)) return result;
  for (int64_t i = 0; i < elements; ++i) {
    Bits bits;
    std::memcpy(&bits, bytes + i * static_cast<int64_t>(sizeof(Bits)), sizeof(Bits));
    if ((bits & magnitude) > exponent) ++result.nan;
    if (bits == exponent) ++result.plus_infinity;
    if (bits == static_cast<Bits>(exponent | kSign)) ++result.minus_infinity;
  }
  return result;
}

}  // namespace

DType dtype_of(int32_t element_type) {
  const auto index = static_cast<size_t>(element_type);
  return element_type >= 0 && index < kElementTypes.size() ? kElementTypes[index].dtype
                                                           : DType::kUndefined;
}

std::string element_type_name(int32_t element_type) {
  const auto index = static_cast<size_t>(element_type);
  if (element_type < 0 || index >= kElementTypes.size()) {
    return fmt::format("type {}", element_type);
  }
  return std::string(kElementTypes[index].name);
}

DType dtype_from_onnx_name(std::string_view name) {
  for (const ElementTypeRow& row : kElementTypes) {
    if (row.name == name) return row.dtype;
  }
  return DType::kUndefined;
}

Tensor TensorReader::read(const TensorProto& proto, const std::string& label,
                          const std::string& where) {
  const DType dtype = dtype_of(proto.data_type);
  if (dtype == DType::kUndefined) {
    fail({"onnx.unsupported_type",
          fmt::format("{} has elements of type {}, which is not supported", label,
                      element_type_name(proto.data_type)),
          where, "convert the tensor to a numeric type before the export"});
  }
  if (proto.is_segmented) {
    fail({"onnx.unsupported_type", fmt::format("{} is stored in segments", label), where,
          "save the model again with a current version of the onnx package"});
  }
  const Shape shape = checked_shape(proto, label, where);
  FileSlice slice;
  if (proto.is_external) {
    slice = external_.open(proto, dense_bytes(dtype, shape), label, where);
  } else if (proto.raw_data) {
    slice = {std::as_bytes(std::span(*proto.raw_data)), owner_};
    if (slice.bytes.size() != dense_bytes(dtype, shape)) {
      fail({"onnx.size_mismatch",
            fmt::format("{}: its shape {} takes {} bytes of {}, its data has {}", label,
                        shape.to_string(), dense_bytes(dtype, shape), dtype_name(dtype),
                        slice.bytes.size()),
            where, "export the model again; the file is damaged"});
    }
  } else {
    try {
      return decode_typed(proto, dtype, shape, label, where);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      fail({"onnx.malformed", fmt::format("the data of {} is damaged: {}", label, error.what()),
            where, "fetch or export the model again"});
    }
  }
  if (slice.bytes.empty()) return Tensor::allocate(dtype, shape);
  const Tensor tensor = Tensor(dtype, shape, slice.bytes.data(), slice.owner).aligned();
  return dtype == DType::kBool ? normalized_bools(tensor) : tensor;
}

NonFinite count_non_finite(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::kF32:
      return count<uint32_t>(tensor, 0x7f800000U);
    case DType::kF64:
      return count<uint64_t>(tensor, 0x7ff0000000000000U);
    case DType::kF16:
      return count<uint16_t>(tensor, 0x7c00U);
    case DType::kBF16:
      return count<uint16_t>(tensor, 0x7f80U);
    default:
      return {};
  }
}

}  // namespace ingot::onnx
