// Samples of a calibration: see the header.
#include "compiler/driver/calibration_samples.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/samples/convert.h"
#include "core/base/error.h"

namespace ingot {
namespace {

/// The shapes of the inputs where the user says nothing else: opt of the profile.
std::map<std::string, Shape> opt_shapes(const Graph& graph, int profile) {
  Graph of_profile = graph;
  if (profile > 0 && static_cast<size_t>(profile) < graph.profiles.size()) {
    std::swap(of_profile.profiles[0], of_profile.profiles[static_cast<size_t>(profile)]);
  }
  std::map<std::string, Shape> shapes;
  for (const ValueId input : graph.inputs()) {
    shapes[graph.value(input).name] = of_profile.opt_shape(input);
  }
  return shapes;
}

/// What the model is, for samples: the inputs with the dims that the profiles made constant.
std::vector<TensorInfo> inputs_of(const Model& model, const Graph& graph) {
  std::vector<TensorInfo> inputs = model.inputs();
  for (TensorInfo& info : inputs) {
    for (const ValueId input : graph.inputs()) {
      if (graph.value(input).name != info.name) continue;
      for (size_t i = 0; i < info.dims.size(); ++i) {
        const Dim& dim = graph.dims(input)[i];
        info.dims[i] = dim.is_constant() ? dim.constant() : -1;
      }
    }
  }
  return inputs;
}

/// One sample of the user's function, checked against the inputs.
Sample checked(const Arrays& arrays, const std::vector<TensorInfo>& inputs, int64_t index) {
  const std::string where = fmt::format("sample {}", index);
  Problems problems;
  std::vector<std::string> known;
  for (const TensorInfo& input : inputs) known.push_back(input.name);
  for (const auto& [name, array] : arrays) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    problems.add({"sample.unknown_input", fmt::format("the model has no input \"{}\"", name), where,
                  suggest(name, known)});
  }
  Arrays converted;
  for (const TensorInfo& input : inputs) {
    const auto found = arrays.find(input.name);
    if (found == arrays.end()) {
      problems.add({"sample.missing_input",
                    fmt::format("there is no array for input \"{}\"", input.name), where,
                    "give an array for each input by its name"});
      continue;
    }
    converted[input.name] = convert(found->second, input, where);
  }
  problems.throw_if_any();
  return to_sample(converted);
}

CalibrationSamples from_function(std::vector<TensorInfo> inputs,
                                 const CalibrationOptions& options) {
  CalibrationSamples result;
  result.description = "samples of the program";
  result.next = [inputs = std::move(inputs), &options, index = int64_t{0}](Sample* sample) mutable {
    Arrays arrays;
    if (options.max_samples > 0 && index == options.max_samples) return false;
    if (!options.samples(&arrays)) return false;
    *sample = checked(arrays, inputs, index++);
    return true;
  };
  return result;
}

CalibrationSamples from_generator(const std::vector<TensorInfo>& inputs,
                                  std::map<std::string, Shape> shapes) {
  constexpr int64_t kSamples = 4;
  CalibrationSamples result;
  result.count = kSamples;
  result.description = "random data";
  result.random = true;
  result.next = [inputs, shapes = std::move(shapes), index = int64_t{0}](Sample* sample) mutable {
    if (index == kSamples) return false;
    *sample = random_sample(inputs, shapes, {}, static_cast<uint64_t>(++index));
    return true;
  };
  return result;
}

}  // namespace

CalibrationSamples open_calibration_samples(const Model& model, const Graph& graph,
                                            const CalibrationOptions& options) {
  const std::vector<TensorInfo> inputs = inputs_of(model, graph);
  if (options.samples) return from_function(inputs, options);
  std::map<std::string, Shape> shapes = opt_shapes(graph, options.profile);
  if (options.path == "random") return from_generator(inputs, std::move(shapes));
  SampleOptions sample_options;
  sample_options.preprocess = options.preprocess;
  sample_options.shapes = std::move(shapes);
  sample_options.batch = options.batch;
  sample_options.limit = options.max_samples;
  const std::shared_ptr<SampleSource> source = open_samples(options.path, inputs, sample_options);
  CalibrationSamples result;
  result.count = source->count();
  result.description = source->description();
  result.next = [source](Sample* sample) {
    Arrays arrays;
    if (!source->next(&arrays)) return false;
    *sample = to_sample(arrays);
    return true;
  };
  return result;
}

}  // namespace ingot
