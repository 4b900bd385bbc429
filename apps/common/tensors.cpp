// Tensors of a context in the caller's memory: see the header.
#include "apps/common/tensors.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <random>
#include <utility>

namespace ingot::apps {
namespace {

HostTensor make_tensor(const Engine& engine, const Context& context, const TensorInfo& info) {
  HostTensor tensor;
  tensor.info = info;
  check(context.shape(info.name, &tensor.shape));
  for (int64_t dim : tensor.shape.dims()) {
    if (dim < 0) return tensor;  // its size depends on data: the engine owns the memory
  }
  check(context.bytes(info.name, &tensor.bytes));
  tensor.owner = engine.allocate_host(tensor.bytes);
  tensor.data = static_cast<std::byte*>(tensor.owner.get());
  return tensor;
}

template <typename T, typename Distribution>
void fill(HostTensor* tensor, std::default_random_engine* generator, Distribution distribution) {
  auto* data = reinterpret_cast<T*>(tensor->data);
  for (size_t i = 0; i < tensor->bytes / sizeof(T); ++i) {
    data[i] = static_cast<T>(distribution(*generator));
  }
}

uint16_t half_bits(float value) { return std::bit_cast<uint16_t>(static_cast<_Float16>(value)); }
uint16_t bfloat16_bits(float value) {
  return static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16);
}

void fill_random(HostTensor* tensor, std::default_random_engine* generator) {
  std::uniform_real_distribution<float> real(-1.0F, 1.0F);
  std::uniform_int_distribution<int> byte(0, 255), signed_byte(-128, 127), bit(0, 1);
  switch (tensor->info.dtype) {
    case DType::kF32:
      return fill<float>(tensor, generator, real);
    case DType::kF64:
      return fill<double>(tensor, generator, real);
    case DType::kF16:
      return fill<uint16_t>(tensor, generator, [&](auto& g) { return half_bits(real(g)); });
    case DType::kBF16:
      return fill<uint16_t>(tensor, generator, [&](auto& g) { return bfloat16_bits(real(g)); });
    case DType::kI64:
      return fill<int64_t>(tensor, generator, bit);
    case DType::kI32:
      return fill<int32_t>(tensor, generator, bit);
    case DType::kI8:
      return fill<int8_t>(tensor, generator, signed_byte);
    case DType::kBool:
      return fill<uint8_t>(tensor, generator, bit);
    default:
      return fill<uint8_t>(tensor, generator, byte);
  }
}

void load_file(HostTensor* tensor, const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) {
    throw Error({"input.unreadable",
                 fmt::format("cannot open \"{}\": {}", path, std::strerror(errno)), "--loadInputs",
                 "check the path; a relative one starts at the current folder"});
  }
  std::fseek(file, 0, SEEK_END);
  const long size = std::ftell(file);
  std::rewind(file);
  const bool fits = size >= 0 && static_cast<size_t>(size) == tensor->bytes;
  const size_t got = fits ? std::fread(tensor->data, 1, tensor->bytes, file) : 0;
  std::fclose(file);
  if (!fits || got != tensor->bytes) {
    const std::string where = fmt::format("--loadInputs={}:{}", tensor->info.name, path);
    throw Error({"input.wrong_size",
                 fmt::format("\"{}\" has {} bytes, input \"{}\" of {} {} needs {}", path, size,
                             tensor->info.name, dtype_name(tensor->info.dtype),
                             tensor->shape.to_string(), tensor->bytes),
                 where,
                 "give raw little-endian data (numpy's tofile) of that shape, or other --shapes"});
  }
}

template <typename T>
void append_numbers(const HostTensor& tensor, std::vector<double>* numbers) {
  const auto* data = reinterpret_cast<const T*>(tensor.data);
  for (size_t i = 0; i < tensor.bytes / sizeof(T); ++i) {
    numbers->push_back(static_cast<double>(data[i]));
  }
}

}  // namespace

BoundTensors::BoundTensors(Context* context, std::shared_ptr<const Engine> engine,
                           const std::map<std::string, std::string>& files, bool in_device_memory,
                           uint64_t seed)
    : engine_(std::move(engine)) {
  std::vector<std::string> names;
  for (const TensorInfo& info : engine_->inputs()) names.push_back(info.name);
  for (const auto& [name, path] : files) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    std::string known;
    for (const std::string& input : names) known += (known.empty() ? "" : ", ") + input;
    throw Error({"input.unknown", fmt::format("the engine has no input \"{}\"", name),
                 fmt::format("--loadInputs={}:{}", name, path), "its inputs: " + known});
  }
  std::default_random_engine generator(static_cast<unsigned>(seed));
  for (const TensorInfo& info : engine_->inputs()) {
    inputs_.push_back(make_tensor(*engine_, *context, info));
    const auto file = files.find(info.name);
    if (file != files.end()) {
      load_file(&inputs_.back(), file->second);
    } else {
      fill_random(&inputs_.back(), &generator);
    }
  }
  for (const TensorInfo& info : engine_->outputs()) {
    outputs_.push_back(make_tensor(*engine_, *context, info));
  }
  for (const HostTensor& tensor : inputs_) bind(context, tensor, true, in_device_memory);
  for (const HostTensor& tensor : outputs_) {
    if (tensor.data) bind(context, tensor, false, in_device_memory);
  }
}

void BoundTensors::bind(Context* context, const HostTensor& tensor, bool has_content,
                        bool in_device_memory) {
  void* address = tensor.data;
  if (in_device_memory && engine_->on_gpu()) {
    std::shared_ptr<void>& memory = on_device_[tensor.info.name];
    memory = engine_->allocate(tensor.bytes);
    if (has_content) engine_->copy(memory.get(), tensor.data, tensor.bytes);
    address = memory.get();
  }
  check(context->set_address(tensor.info.name, address));
}

std::vector<HostTensor> BoundTensors::read_outputs(const Context& context) const {
  std::vector<HostTensor> result;
  for (const HostTensor& tensor : outputs_) {
    HostTensor copy;
    copy.info = tensor.info;
    check(context.shape(tensor.info.name, &copy.shape));
    copy.bytes = dense_bytes(tensor.info.dtype, copy.shape);
    copy.owner = engine_->allocate_host(copy.bytes);
    copy.data = static_cast<std::byte*>(copy.owner.get());
    const auto on_device = on_device_.find(tensor.info.name);
    const void* source = on_device != on_device_.end() ? on_device->second.get()
                         : tensor.data                 ? tensor.data
                                                       : context.output_data(tensor.info.name);
    if (source) engine_->copy(copy.data, source, copy.bytes);
    result.push_back(std::move(copy));
  }
  return result;
}

std::vector<double> to_numbers(const HostTensor& tensor) {
  std::vector<double> numbers;
  switch (tensor.info.dtype) {
    case DType::kF32:
      append_numbers<float>(tensor, &numbers);
      break;
    case DType::kF64:
      append_numbers<double>(tensor, &numbers);
      break;
    case DType::kF16:
      append_numbers<_Float16>(tensor, &numbers);
      break;
    case DType::kI64:
      append_numbers<int64_t>(tensor, &numbers);
      break;
    case DType::kI32:
      append_numbers<int32_t>(tensor, &numbers);
      break;
    case DType::kI16:
      append_numbers<int16_t>(tensor, &numbers);
      break;
    case DType::kI8:
      append_numbers<int8_t>(tensor, &numbers);
      break;
    case DType::kBF16: {
      const auto* bits = reinterpret_cast<const uint16_t*>(tensor.data);
      for (size_t i = 0; i < tensor.bytes / 2; ++i) {
        numbers.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits[i]) << 16));
      }
      break;
    }
    case DType::kU64:
      append_numbers<uint64_t>(tensor, &numbers);
      break;
    case DType::kU32:
      append_numbers<uint32_t>(tensor, &numbers);
      break;
    case DType::kU16:
      append_numbers<uint16_t>(tensor, &numbers);
      break;
    case DType::kU8:
    case DType::kBool:
      append_numbers<uint8_t>(tensor, &numbers);
      break;
    default:
      throw Error({"output.unprintable",
                   fmt::format("elements of type {} cannot be written as numbers",
                               dtype_name(tensor.info.dtype)),
                   tensor.info.name, "cast the output to f32 in the model"});
  }
  return numbers;
}

StatusError::StatusError(Status status) : status_(std::move(status)) {}

void check(const Status& status) {
  if (status.ok()) return;
  if (status.code() == StatusCode::kOutOfMemory && status.message().empty()) throw std::bad_alloc();
  throw StatusError(status);
}

}  // namespace ingot::apps
