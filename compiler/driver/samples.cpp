// Samples: see the header.
#include "compiler/driver/samples.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/tensor/half.h"

namespace ingot {
namespace {

using Generator = std::mt19937;

template <typename T, typename Distribution>
void fill(TensorView tensor, Generator* generator, Distribution distribution) {
  for (T& x : tensor.as<T>()) x = static_cast<T>(distribution(*generator));
}

Tensor random_tensor(DType dtype, const Shape& shape, double amplitude, Generator* generator) {
  Tensor tensor = Tensor::allocate(dtype, shape);
  const auto bound = static_cast<float>(amplitude);
  std::uniform_real_distribution<float> real(-bound, bound);
  std::uniform_int_distribution<int> byte(0, 255), signed_byte(-128, 127), bit(0, 1);
  const TensorView view = tensor.mutable_view();
  switch (dtype) {
    case DType::kF32:
      fill<float>(view, generator, real);
      break;
    case DType::kF64:
      fill<double>(view, generator, real);
      break;
    case DType::kF16:
      fill<Half>(view, generator, real);
      break;
    case DType::kBF16:
      fill<BFloat16>(view, generator, real);
      break;
    case DType::kI64:
    case DType::kU64:
      fill<int64_t>(view, generator, bit);
      break;
    case DType::kI32:
    case DType::kU32:
      fill<int32_t>(view, generator, bit);
      break;
    case DType::kI8:
      fill<int8_t>(view, generator, signed_byte);
      break;
    case DType::kBool:
      fill<uint8_t>(view, generator, bit);
      break;
    default:
      auto* bytes = static_cast<uint8_t*>(view.data);
      for (size_t i = 0; i < view.bytes(); ++i) bytes[i] = static_cast<uint8_t>(byte(*generator));
  }
  return tensor;
}

void check(const Status& status) {
  if (status.ok()) return;
  fail({"verify.run_failed", "the engine does not run: " + status.message(), "",
        "--verify=off skips the check; give --verifyInputs if random data are no inputs for it"});
}

bool is_known(const Shape& shape) {
  return std::all_of(shape.begin(), shape.end(), [](int64_t dim) { return dim >= 0; });
}

}  // namespace

Sample random_sample(const std::vector<TensorInfo>& inputs,
                     const std::map<std::string, Shape>& shapes,
                     const std::map<std::string, double>& amplitudes, uint64_t seed) {
  Generator generator(static_cast<unsigned>(seed));
  Sample sample;
  for (const TensorInfo& input : inputs) {
    const auto amplitude = amplitudes.find(input.name);
    sample[input.name] =
        random_tensor(input.dtype, shapes.at(input.name),
                      amplitude == amplitudes.end() ? 1 : amplitude->second, &generator);
  }
  return sample;
}

Sample to_sample(const Arrays& arrays) {
  Sample sample;
  for (const auto& [name, array] : arrays) {
    sample[name] = Tensor(array.dtype, array.shape, array.data.get(), array.data).aligned();
  }
  return sample;
}

std::map<std::string, Shape> input_shapes(const Engine& engine, const Context& context) {
  std::map<std::string, Shape> shapes;
  for (const TensorInfo& input : engine.inputs()) {
    check(context.shape(input.name, &shapes[input.name]));
  }
  return shapes;
}

Sample load_sample(const std::vector<std::pair<std::string, std::string>>& files,
                   const std::vector<TensorInfo>& inputs,
                   const std::map<std::string, Shape>& shapes) {
  Sample sample;
  for (const auto& [name, path] : files) {
    const std::string where = fmt::format("--verifyInputs={}:{}", name, path);
    const auto input = std::find_if(inputs.begin(), inputs.end(),
                                    [&name = name](const auto& info) { return info.name == name; });
    if (input == inputs.end()) {
      std::vector<std::string> known;
      for (const TensorInfo& info : inputs) known.push_back(info.name);
      fail({"input.unknown", fmt::format("the model has no input \"{}\"", name), where,
            suggest(name, known)});
    }
    const auto file = MappedFile::open(path);
    Tensor tensor = Tensor::allocate(input->dtype, shapes.at(name));
    if (file->bytes().size() != tensor.bytes()) {
      fail({"input.wrong_size",
            fmt::format("\"{}\" has {} bytes, input \"{}\" of {} {} needs {}", path,
                        file->bytes().size(), name, dtype_name(input->dtype),
                        tensor.shape().to_string(), tensor.bytes()),
            where, "give raw little-endian data (numpy's tofile) of the opt shape"});
    }
    std::memcpy(tensor.mutable_view().data, file->bytes().data(), tensor.bytes());
    sample[name] = std::move(tensor);
  }
  return sample;
}

std::optional<BoundInputs> bind_random_inputs(const Engine& engine, Context* context,
                                              uint64_t seed) {
  BoundInputs bound;
  bound.inputs = random_sample(engine.inputs(), input_shapes(engine, *context), {}, seed);
  for (auto& [name, tensor] : bound.inputs) {
    if (!context->set_address(name, tensor.mutable_view().data).ok()) return std::nullopt;
  }
  for (const TensorInfo& output : engine.outputs()) {
    Shape shape;
    if (!context->shape(output.name, &shape).ok()) return std::nullopt;
    if (!is_known(shape)) continue;  // the engine owns what depends on data
    bound.outputs.push_back(Tensor::allocate(output.dtype, shape));
    void* memory = bound.outputs.back().mutable_view().data;
    if (!context->set_address(output.name, memory).ok()) return std::nullopt;
  }
  return bound;
}

Sample run_sample(const Engine& engine, Context* context, const Sample& inputs) {
  for (const TensorInfo& input : engine.inputs()) {
    const Tensor& tensor = inputs.at(input.name);
    check(context->set_shape(input.name, tensor.shape()));
  }
  for (const TensorInfo& input : engine.inputs()) {
    check(context->set_address(input.name, inputs.at(input.name).view().data));
  }
  Sample outputs;
  for (const TensorInfo& output : engine.outputs()) {
    Shape shape;
    check(context->shape(output.name, &shape));
    if (!is_known(shape)) {
      check(context->set_address(output.name, nullptr));
      continue;
    }
    outputs[output.name] = Tensor::allocate(output.dtype, shape);
    check(context->set_address(output.name, outputs[output.name].mutable_view().data));
  }
  check(context->run());
  for (const TensorInfo& output : engine.outputs()) {
    if (outputs.contains(output.name)) continue;
    Shape shape;
    check(context->shape(output.name, &shape));
    Tensor copy = Tensor::allocate(output.dtype, shape);
    const void* data = context->output_data(output.name);
    if (data && copy.bytes() > 0) engine.copy(copy.mutable_view().data, data, copy.bytes());
    outputs[output.name] = std::move(copy);
  }
  return outputs;
}

}  // namespace ingot
