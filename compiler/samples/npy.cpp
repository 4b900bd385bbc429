// NumPy's .npy: a magic word, a version, and a header that is a Python dictionary.
#include "compiler/samples/npy.h"

#include <fmt/core.h>

#include <charconv>
#include <cstring>
#include <vector>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/tensor/dtype.h"
#include "core/tensor/tensor.h"

namespace ingot {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

[[noreturn]] void refuse(const std::string& path, std::string what) {
  fail({"sample.bad_array", std::move(what), path, "save the array anew with numpy.save"});
}

struct Header {
  std::string type;
  bool fortran = false;
  Shape shape;
};

/// What stands behind 'key': in the dictionary, up to the comma or bracket that ends it.
std::string_view entry(std::string_view header, std::string_view key, const std::string& path) {
  const std::string quoted = fmt::format("'{}':", key);
  const size_t at = header.find(quoted);
  if (at == std::string_view::npos) {
    refuse(path, fmt::format("the header of the array has no '{}'", key));
  }
  std::string_view rest = header.substr(at + quoted.size());
  const size_t begin = rest.find_first_not_of(' ');
  rest = begin == std::string_view::npos ? "" : rest.substr(begin);
  const size_t end = rest.starts_with('(') ? rest.find(')') : rest.find_first_of(",}");
  if (end == std::string_view::npos) refuse(path, "the header of the array is cut off");
  return rest.substr(0, end);
}

Shape parse_dims(std::string_view text, const std::string& path) {
  Shape shape;
  while (!text.empty()) {
    const size_t digit = text.find_first_of("0123456789");
    if (digit == std::string_view::npos) break;
    text.remove_prefix(digit);
    int64_t dim = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), dim);
    if (error != std::errc() || shape.rank() == Shape::kMaxRank) {
      refuse(path, fmt::format("the array has more than {} axes, or one that is too long",
                               Shape::kMaxRank));
    }
    shape.push_back(dim);
    text.remove_prefix(static_cast<size_t>(stop - text.data()));
  }
  return shape;
}

Header parse_header(std::string_view text, const std::string& path) {
  Header header;
  std::string_view type = entry(text, "descr", path);
  if (type.size() < 2 || type.front() != '\'') {
    refuse(path, fmt::format("the elements {} are no plain numbers", type));
  }
  header.type = std::string(type.substr(1, type.rfind('\'') - 1));
  header.fortran = entry(text, "fortran_order", path).starts_with("True");
  header.shape = parse_dims(entry(text, "shape", path), path);
  return header;
}

DType dtype_of(const std::string& type, const std::string& path) {
  static const std::map<std::string, DType> kTypes = {
      {"f4", DType::kF32}, {"f8", DType::kF64}, {"f2", DType::kF16}, {"i1", DType::kI8},
      {"u1", DType::kU8},  {"i2", DType::kI16}, {"u2", DType::kU16}, {"i4", DType::kI32},
      {"u4", DType::kU32}, {"i8", DType::kI64}, {"u8", DType::kU64}, {"b1", DType::kBool}};
  const auto found = kTypes.find(type.size() > 1 ? type.substr(1) : type);
  const bool little = type.starts_with('<') || type.starts_with('|');
  if (found == kTypes.end() || !little) {
    fail({"sample.bad_array", fmt::format("the array holds \"{}\"", type), path,
          "save numbers in little-endian order: array.astype(\"<f4\")"});
  }
  return found->second;
}

/// From Fortran's order, the first axis fastest, to C's.
Tensor turned(DType dtype, const Shape& shape, const std::byte* data) {
  Tensor tensor = Tensor::allocate(dtype, shape);
  auto* to = static_cast<std::byte*>(tensor.mutable_view().data);
  const auto size = static_cast<size_t>(dtype_bits(dtype) / 8);
  std::vector<int64_t> index(static_cast<size_t>(shape.rank()), 0);
  for (int64_t i = 0; i < shape.elements(); ++i) {
    int64_t from = 0;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      from = from * shape[axis] + index[static_cast<size_t>(axis)];
    }
    std::memcpy(to + static_cast<size_t>(i) * size, data + static_cast<size_t>(from) * size, size);
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      if (++index[static_cast<size_t>(axis)] < shape[axis]) break;
      index[static_cast<size_t>(axis)] = 0;
    }
  }
  return tensor;
}

Array to_array(const Tensor& tensor) {
  return {tensor.dtype(), tensor.shape(), {tensor.owner(), tensor.data()}};
}

}  // namespace

Array parse_npy(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                const std::string& path) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  constexpr size_t kFixed = 8;  // magic and version
  if (text.size() < kFixed + 2 || !text.starts_with(kMagic)) refuse(path, "it is no .npy file");
  const bool long_header = text[6] > 1;
  const size_t length_bytes = long_header ? 4 : 2;
  if (text.size() < kFixed + length_bytes) refuse(path, "it is cut off");
  uint32_t length = 0;
  std::memcpy(&length, text.data() + kFixed, length_bytes);
  const size_t begin = kFixed + length_bytes + length;
  if (begin > text.size()) refuse(path, "it is cut off in its header");

  const Header header = parse_header(text.substr(kFixed + length_bytes, length), path);
  const DType dtype = dtype_of(header.type, path);
  const size_t size = dense_bytes(dtype, header.shape);
  if (size > text.size() - begin) {
    refuse(path,
           fmt::format("an array of {} {} has {} bytes, the file has only {} of them",
                       header.shape.to_string(), dtype_name(dtype), size, text.size() - begin));
  }
  const std::byte* data = bytes.data() + begin;
  if (header.fortran && header.shape.rank() > 1) {
    return to_array(turned(dtype, header.shape, data));
  }
  return to_array(Tensor(dtype, header.shape, data, owner).aligned());
}

Array read_npy(const std::string& path) {
  const auto file = MappedFile::open(path);
  return parse_npy(file->bytes(), file, path);
}

}  // namespace ingot
