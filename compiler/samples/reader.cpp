// Single files as inputs: see include/ingot/samples.h.
#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "compiler/samples/convert.h"
#include "compiler/samples/npy.h"
#include "compiler/samples/preprocess.h"
#include "compiler/samples/reader_state.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/tensor/dtype.h"
#include "core/tensor/tensor.h"

namespace ingot {
namespace {

std::string ending_of(const std::string& path) {
  const size_t dot = path.find_last_of("./");
  if (dot == std::string::npos || path[dot] == '/') return "";
  std::string ending = path.substr(dot);
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending;
}

bool is_raw(const std::string& ending) { return ending == ".raw" || ending == ".bin"; }

/// "?x3x224x224"
std::string dims_text(const TensorInfo& input) {
  std::string text;
  for (const int64_t dim : input.dims) {
    text += (text.empty() ? "" : "x") + (dim < 0 ? std::string("?") : std::to_string(dim));
  }
  return text.empty() ? "scalar" : text;
}

}  // namespace

bool is_sample_file(const std::string& path) {
  const std::string ending = ending_of(path);
  return SampleReader::is_image(path) || ending == ".npy" || ending == ".npz" || is_raw(ending);
}

void SampleReader::State::check_shape(const TensorInfo& input, const Shape& shape,
                                      const std::string& path) const {
  bool fits = static_cast<size_t>(shape.rank()) == input.dims.size();
  // The first axis is put together or taken apart by whoever wants another batch.
  for (size_t i = 1; fits && i < input.dims.size(); ++i) {
    fits = input.dims[i] < 0 || input.dims[i] == shape[static_cast<int>(i)];
  }
  if (fits) return;
  fail({"sample.wrong_shape",
        fmt::format("the array is {}, input \"{}\" takes {}", shape.to_string(), input.name,
                    dims_text(input)),
        path, "save arrays in the shape of the input, any number of items along the first axis"});
}

Array SampleReader::State::fitted(Array array, const TensorInfo& input,
                                  const std::string& path) const {
  if (static_cast<size_t>(array.shape.rank()) + 1 == input.dims.size()) {
    Shape with_batch{1};
    for (const int64_t dim : array.shape) with_batch.push_back(dim);
    array.shape = with_batch;
  }
  check_shape(input, array.shape, path);
  return convert(array, input, path);
}

/// Raw data hold whole items of the input; how many is told by their size.
Array SampleReader::State::read_raw(const TensorInfo& input, const std::string& path) {
  Shape shape;
  const auto known = options.shapes.find(input.name);
  for (size_t i = 0; i < input.dims.size(); ++i) {
    int64_t dim = input.dims[i];
    if (dim < 0 && known != options.shapes.end()) dim = known->second[static_cast<int>(i)];
    if (dim < 0 && i > 0) {
      fail({"sample.wrong_shape",
            fmt::format("raw data tell no shape, and input \"{}\" is {}", input.name,
                        dims_text(input)),
            path, "give --shapes, or .npy files"});
    }
    shape.push_back(i == 0 ? 1 : dim);
  }
  const auto file = MappedFile::open(path);
  last = file;
  const size_t item = dense_bytes(input.dtype, shape), size = file->bytes().size();
  if (item == 0 || size % item != 0) {
    fail({"sample.wrong_size",
          fmt::format("the file has {} bytes, items of input \"{}\" ({} {}) have {}", size,
                      input.name, shape.to_string(), dtype_name(input.dtype), item),
          path, "give raw little-endian data (numpy's tofile) of whole items"});
  }
  if (shape.rank() > 0) shape[0] = static_cast<int64_t>(size / item);
  const Tensor tensor = Tensor(input.dtype, shape, file->bytes().data(), file).aligned();
  return {input.dtype, shape, {tensor.owner(), tensor.data()}};
}

const TensorInfo& SampleReader::State::only_input(const std::string& path) const {
  if (inputs.size() == 1) return inputs[0];
  std::string names;
  for (const TensorInfo& input : inputs) {
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", input.name);
  }
  fail({"sample.many_inputs",
        fmt::format("the model has {} inputs ({}), the file holds one array", inputs.size(), names),
        path, "give .npz files with an array for each input by its name (numpy.savez)"});
}

Arrays SampleReader::State::read_archive(const std::string& path) const {
  Arrays arrays = read_npz(path), result;
  Problems problems;
  std::vector<std::string> names;
  for (const auto& [name, array] : arrays) names.push_back(name);
  for (const TensorInfo& input : inputs) {
    const auto found = arrays.find(input.name);
    // The only array of an archive may have any name: "arr_0" is NumPy's own.
    const bool only = inputs.size() == 1 && arrays.size() == 1;
    if (found == arrays.end() && !only) {
      problems.add(
          {"sample.missing_input", fmt::format("there is no array for input \"{}\"", input.name),
           path,
           fmt::format("save it by that name (numpy.savez); {}", suggest(input.name, names))});
      continue;
    }
    result[input.name] = fitted(only ? arrays.begin()->second : found->second, input, path);
  }
  problems.throw_if_any();
  return result;
}

SampleReader::SampleReader(std::vector<TensorInfo> inputs, SampleOptions options)
    : state_(std::make_unique<State>()) {
  state_->preprocess = parse_preprocess(options.preprocess);
  state_->inputs = std::move(inputs);
  state_->options = std::move(options);
}

SampleReader::~SampleReader() = default;
SampleReader::SampleReader(SampleReader&&) noexcept = default;
SampleReader& SampleReader::operator=(SampleReader&&) noexcept = default;

bool SampleReader::is_image(const std::string& path) {
  const std::string ending = ending_of(path);
  return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
}

Arrays SampleReader::read(const std::string& path) const { return read(path, nullptr); }

Arrays SampleReader::read(const std::string& path, ImagePlacement* placement) const {
  const std::string ending = ending_of(path);
  if (ending == ".npz") return state_->read_archive(path);
  if (!is_sample_file(path)) {
    fail({"sample.unknown_kind", "the file is no sample: its name ends in none of the known ways",
          path,
          "give .jpg, .jpeg, .png, .npy, .npz, .raw or .bin files, a .txt list of them, or a "
          "calibration cache, which begins with \"TRT-\""});
  }
  const TensorInfo& input = state_->only_input(path);
  if (is_raw(ending)) return {{input.name, state_->read_raw(input, path)}};
  if (ending == ".npy") {
    const auto file = MappedFile::open(path);
    state_->last = file;
    return {{input.name, state_->fitted(parse_npy(file->bytes(), file, path), input, path)}};
  }
  const auto shape = state_->options.shapes.find(input.name);
  const Image image = decode_image(MappedFile::open(path)->bytes(), path);
  return {
      {input.name, image_to_input(image, state_->preprocess, input,
                                  shape == state_->options.shapes.end() ? Shape() : shape->second,
                                  path, placement)}};
}

void SampleReader::release_pages() const {
  if (const auto file = state_->last.lock()) file->release_pages();
}

}  // namespace ingot
