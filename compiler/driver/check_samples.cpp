// The data of a check: see the header.
#include "compiler/driver/check_samples.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "compiler/quant/calibration_cache.h"
#include "core/base/file.h"
#include "ingot/samples.h"
#include "runtime/engine/packing.h"

namespace ingot {
namespace {

/// A calibration's path is data if it is neither a cache nor the word for random data.
bool is_data(const std::string& path) {
  if (path.empty() || path == "random") return false;
  if (std::filesystem::is_directory(path)) return true;
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  return !is_calibration_cache({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

CheckSamples read_samples(const std::string& path, const BuildOptions& options,
                          const std::vector<TensorInfo>& inputs,
                          const std::map<std::string, Shape>& shapes) {
  SampleOptions reading;
  reading.preprocess = options.calibration.preprocess;
  reading.shapes = shapes;
  // Batches are made of items, each of which may be an image.
  int64_t batch = 1;
  for (const auto& [name, shape] : shapes) {
    if (shape.rank() > 0) batch = std::max(batch, shape[0]);
  }
  reading.limit = batch * options.verify.samples;
  const auto source = open_samples(path, inputs, reading);
  CheckSamples result;
  for (Arrays arrays;
       std::ssize(result.samples) < options.verify.samples && source->next(&arrays);) {
    result.samples.push_back(to_sample(arrays));
  }
  result.words = fmt::format("{} samples of \"{}\"", result.samples.size(), path);
  return result;
}

std::map<std::string, double> amplitudes(const QuantizationRanges* ranges,
                                         const std::vector<TensorInfo>& inputs) {
  std::map<std::string, double> result;
  if (!ranges) return result;
  constexpr double kLargestByte = 127;
  for (const TensorInfo& input : inputs) {
    const auto found = ranges->scales.find(input.name);
    if (found != ranges->scales.end()) result[input.name] = kLargestByte * found->second;
  }
  return result;
}

}  // namespace

void remember_samples(CalibrationOptions* calibration, int most, std::vector<Sample>* kept) {
  if (!calibration->samples) return;
  calibration->samples = [given = calibration->samples, most, kept](Arrays* sample) {
    if (!given(sample)) return false;
    if (std::ssize(*kept) >= most) return true;
    // The caller may use its memory again.
    Sample copy = to_sample(*sample);
    for (auto& [name, tensor] : copy) {
      Tensor own = Tensor::allocate(tensor.dtype(), tensor.shape());
      std::memcpy(own.mutable_view().data, tensor.data(), tensor.bytes());
      tensor = std::move(own);
    }
    kept->push_back(std::move(copy));
    return true;
  };
}

CheckSamples choose_samples(const Compiler& compiler, const Plan& plan,
                            const QuantizationRanges* ranges,
                            const std::vector<Sample>& remembered) {
  const BuildOptions& options = compiler.options();
  const VerifyOptions& verify = options.verify;
  const auto engine = load_engine(plan, compiler.engine_options());
  const Context context(engine);
  const auto shapes = input_shapes(*engine, context);
  const auto& inputs = engine->inputs();
  const std::string data = !verify.data.empty()                ? verify.data
                           : is_data(options.calibration.path) ? options.calibration.path
                                                               : "";
  if (verify.inputs.empty() && !data.empty()) {
    CheckSamples read = read_samples(data, options, inputs, shapes);
    if (!read.samples.empty()) return read;
  }
  if (verify.inputs.empty() && verify.data.empty() && !remembered.empty()) {
    return {remembered, fmt::format("{} samples of the calibration", remembered.size())};
  }
  CheckSamples result;
  const Sample given = load_sample(verify.inputs, inputs, shapes);
  const bool all_given = given.size() == inputs.size();
  const int count = all_given ? 1 : std::max(1, verify.samples);
  for (int i = 0; i < count; ++i) {
    Sample sample =
        random_sample(inputs, shapes, amplitudes(ranges, inputs), static_cast<uint64_t>(i) + 1);
    for (const auto& [name, tensor] : given) sample[name] = tensor;
    result.samples.push_back(std::move(sample));
  }
  result.random = given.empty();
  result.words = all_given       ? "the data of --verifyInputs"
                 : given.empty() ? fmt::format("{} random samples", count)
                                 : fmt::format("--verifyInputs and {} random others", count);
  return result;
}

}  // namespace ingot
