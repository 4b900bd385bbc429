// The Python binding of calibration. A module of its own, so that running engines needs no compiler; ingotrt imports it
// when it is first used.
#include <nanobind/nanobind.h>
#include <nanobind/stl/function.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ingot/builder.h"
#include "ingot/calibration.h"

namespace nb = nanobind;

namespace {

using Dims = std::vector<int64_t>;

ingot::DType dtype_of(const std::string& numpy_name, const std::string& where) {
  static const std::map<std::string, ingot::DType> kTypes = {
      {"float32", ingot::DType::kF32}, {"float16", ingot::DType::kF16},
      {"float64", ingot::DType::kF64}, {"int8", ingot::DType::kI8},
      {"uint8", ingot::DType::kU8},    {"int16", ingot::DType::kI16},
      {"uint16", ingot::DType::kU16},  {"int32", ingot::DType::kI32},
      {"uint32", ingot::DType::kU32},  {"int64", ingot::DType::kI64},
      {"uint64", ingot::DType::kU64},  {"bool", ingot::DType::kBool}};
  const auto found = kTypes.find(numpy_name);
  if (found != kTypes.end()) return found->second;
  throw ingot::Error(ingot::Problem{"python.dtype", "the array holds " + numpy_name, where,
                                    "give array.astype(\"float32\")"});
}

/// The memory of a NumPy array, which lives as long as it is looked at.
ingot::Array to_array(nb::handle value, const std::string& where) {
  const nb::object array =
      nb::module_::import_("numpy").attr("asarray")(value, nb::arg("order") = "C");
  const auto dims = nb::cast<Dims>(nb::list(array.attr("shape")));
  if (dims.size() > static_cast<size_t>(ingot::Shape::kMaxRank)) {
    throw ingot::Error(
        ingot::Problem{"python.rank", "the array has " + std::to_string(dims.size()) + " axes",
                       where, "give at most " + std::to_string(ingot::Shape::kMaxRank) + " axes"});
  }
  const auto* data =
      reinterpret_cast<const void*>(nb::cast<uintptr_t>(array.attr("ctypes").attr("data")));
  const auto release = [](nb::object* owner) {
    const nb::gil_scoped_acquire gil;
    delete owner;
  };
  const std::shared_ptr<nb::object> owner(new nb::object(array), release);
  return {dtype_of(nb::cast<std::string>(array.attr("dtype").attr("name")), where),
          ingot::Shape(std::span<const int64_t>(dims)),
          {owner, data}};
}

/// Takes samples from a Python iterator: {name: array}, or an array for the only input.
class Samples {
 public:
  Samples(nb::object iterator, std::vector<ingot::TensorInfo> inputs)
      : iterator_(std::move(iterator)), inputs_(std::move(inputs)) {}

  bool next(ingot::Arrays* sample) {
    const nb::gil_scoped_acquire gil;
    const nb::object item = nb::steal(PyIter_Next(iterator_.ptr()));
    if (!item.is_valid()) {
      if (PyErr_Occurred() != nullptr) throw nb::python_error();
      return false;
    }
    const std::string where = "sample " + std::to_string(count_++);
    sample->clear();
    if (nb::isinstance<nb::dict>(item)) {
      for (const auto& [name, value] : nb::cast<nb::dict>(item)) {
        const auto text = nb::cast<std::string>(name);
        (*sample)[text] = to_array(value, where + ", \"" + text + "\"");
      }
      return true;
    }
    if (inputs_.size() != 1) {
      throw ingot::Error(ingot::Problem{
          "sample.many_inputs",
          "the model has " + std::to_string(inputs_.size()) + " inputs, the sample is one array",
          where, "give {name: array} with an array for each input"});
    }
    (*sample)[inputs_[0].name] = to_array(item, where);
    return true;
  }

 private:
  nb::object iterator_;
  std::vector<ingot::TensorInfo> inputs_;
  int64_t count_ = 0;
};

/// One profile of {input: (min, opt, max)}; a single shape is all three.
ingot::Profile to_profile(const nb::dict& shapes) {
  ingot::Profile profile;
  for (const auto& [name, value] : shapes) {
    const nb::sequence given = nb::cast<nb::sequence>(value);
    const bool one = nb::len(given) == 0 || nb::isinstance<nb::int_>(given[0]);
    std::vector<Dims> parts =
        one ? std::vector<Dims>(3, nb::cast<Dims>(value)) : nb::cast<std::vector<Dims>>(value);
    if (parts.size() != 3) throw nb::value_error("shapes: give {input: shape or (min, opt, max)}");
    const auto shape = [](const Dims& dims) {
      return ingot::Shape(std::span<const int64_t>(dims));
    };
    profile[nb::cast<std::string>(name)] = {shape(parts[0]), shape(parts[1]), shape(parts[2])};
  }
  return profile;
}

ingot::CalibrationResult calibrate(const std::string& path, const nb::object& data,
                                   const nb::dict& shapes, const std::string& algorithm,
                                   const std::string& preprocess, double percentile,
                                   int64_t max_samples, int batch, const std::string& device,
                                   int threads, const nb::object& progress) {
  ingot::BuildOptions options;
  options.device = device;
  options.threads = threads;
  if (nb::len(shapes) > 0) options.profiles = {to_profile(shapes)};
  ingot::CalibrationOptions& calibration = options.calibration;
  calibration.algorithm = ingot::algorithm_from_name(algorithm);
  calibration.preprocess = preprocess;
  calibration.percentile = percentile;
  calibration.max_samples = max_samples;
  calibration.batch = batch;
  calibration.complete = true;
  if (!progress.is_none()) {
    calibration.on_progress = [&progress](const ingot::CalibrationProgress& now) {
      const nb::gil_scoped_acquire gil;
      progress(std::string(now.stage), now.done, now.total);
    };
  }
  const bool is_path = nb::isinstance<nb::str>(data) || nb::hasattr(data, "__fspath__");
  if (is_path) {
    calibration.path = nb::cast<std::string>(nb::module_::import_("os").attr("fspath")(data));
    const nb::gil_scoped_release release;
    return ingot::calibrate(ingot::Model::from_file(path), options);
  }
  const ingot::Model model = ingot::Model::from_file(path);
  Samples samples(nb::steal(nb::iter(data).release()), model.inputs());
  calibration.samples = [&samples](ingot::Arrays* sample) { return samples.next(sample); };
  const nb::gil_scoped_release release;
  return ingot::calibrate(model, options);
}

std::vector<std::pair<std::string, double>> errors_of(const ingot::CalibrationResult& result) {
  std::vector<std::pair<std::string, double>> errors;
  for (const auto& [algorithm, error] : result.errors) {
    errors.emplace_back(std::string(ingot::algorithm_name(algorithm)), error);
  }
  return errors;
}

}  // namespace

NB_MODULE(_calibration, module) {
  // Registers ingotrt.Error, which is what this module throws, too.
  nb::module_::import_("ingotrt._ingotrt");
  nb::class_<ingot::CalibrationResult>(module, "CalibrationResult", "What calibration found.")
      .def_ro("scales", &ingot::CalibrationResult::scales,
              "Scale (largest magnitude / 127) by name of the ONNX tensor.")
      .def_ro("algorithm", &ingot::CalibrationResult::algorithm)
      .def_ro("source", &ingot::CalibrationResult::source)
      .def_ro("samples", &ingot::CalibrationResult::samples)
      .def_ro("random", &ingot::CalibrationResult::random)
      .def_prop_ro("errors", errors_of, "For \"auto\": error of the outputs by algorithm.")
      .def_prop_ro("warnings",
                   [](const ingot::CalibrationResult& result) {
                     std::vector<std::string> lines;
                     for (const auto& problem : result.warnings) lines.push_back(problem.what);
                     return lines;
                   })
      .def("save_cache", [](const ingot::CalibrationResult& result, const nb::object& path) {
        result.save_cache(nb::cast<std::string>(nb::module_::import_("os").attr("fspath")(path)));
      });
  module.def("calibrate", calibrate, nb::arg("model"), nb::arg("data"), nb::arg("shapes"),
             nb::arg("algorithm"), nb::arg("preprocess"), nb::arg("percentile"),
             nb::arg("max_samples"), nb::arg("batch"), nb::arg("device"), nb::arg("threads"),
             nb::arg("progress").none());
}
