// The Python binding of the runtime: engines and contexts over NumPy arrays. NumPy itself is imported when the first
// array is needed. Types that NumPy lacks (bf16, fp8) are arrays of their bits (uint16, uint8).
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "ingot/engine.h"

namespace nb = nanobind;

namespace {

/// A Status that is not ok, on its way to Python; its message is complete.
struct FailedStatus : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void check(const ingot::Status& status) {
  if (!status.ok()) throw FailedStatus(status.message());
}

[[noreturn]] void fail(ingot::Problem problem) { throw ingot::Error(std::move(problem)); }

nb::object numpy() { return nb::module_::import_("numpy"); }

/// NumPy's type for the elements of `tensor`.
nb::object numpy_type(const ingot::TensorInfo& tensor) {
  static const std::map<ingot::DType, const char*> kNames = {
      {ingot::DType::kF32, "float32"},  {ingot::DType::kF16, "float16"},
      {ingot::DType::kF64, "float64"},  {ingot::DType::kBF16, "uint16"},
      {ingot::DType::kF8E4M3, "uint8"}, {ingot::DType::kF8E5M2, "uint8"},
      {ingot::DType::kI8, "int8"},      {ingot::DType::kU8, "uint8"},
      {ingot::DType::kI16, "int16"},    {ingot::DType::kU16, "uint16"},
      {ingot::DType::kI32, "int32"},    {ingot::DType::kU32, "uint32"},
      {ingot::DType::kI64, "int64"},    {ingot::DType::kU64, "uint64"},
      {ingot::DType::kBool, "bool"}};
  const auto found = kNames.find(tensor.dtype);
  if (found == kNames.end()) {
    fail({"python.dtype", "NumPy has no elements like " + std::string(dtype_name(tensor.dtype)),
          "tensor \"" + tensor.name + "\"", "cast to int8 or uint8 at the border of the model"});
  }
  return numpy().attr("dtype")(found->second);
}

/// `value` as a dense array of the elements that `tensor` has. Numbers and lists are converted; an
/// array of another type is an error, as its conversion could lose or cost something unseen.
nb::object dense_array(const ingot::TensorInfo& tensor, nb::handle value) {
  const nb::object type = numpy_type(tensor);
  if (nb::hasattr(value, "dtype")) {
    nb::object array = numpy().attr("asarray")(value, nb::arg("order") = "C");
    if (array.attr("dtype").equal(type)) return array;
    const auto want = nb::cast<std::string>(type.attr("name"));
    fail({"python.dtype",
          "the array holds " + nb::cast<std::string>(array.attr("dtype").attr("name")) +
              ", the engine wants " + want,
          "input \"" + tensor.name + "\"", "give array.astype(\"" + want + "\")"});
  }
  return numpy().attr("asarray")(value, nb::arg("dtype") = type, nb::arg("order") = "C");
}

void* address(nb::handle array) {
  return reinterpret_cast<void*>(nb::cast<uintptr_t>(array.attr("ctypes").attr("data")));
}

ingot::Shape shape_of(const ingot::TensorInfo& tensor, nb::handle array) {
  const auto dims = nb::cast<std::vector<int64_t>>(nb::list(array.attr("shape")));
  if (dims.size() > static_cast<size_t>(ingot::Shape::kMaxRank)) {
    fail({"python.rank", "the array has " + std::to_string(dims.size()) + " axes",
          "input \"" + tensor.name + "\"",
          "give at most " + std::to_string(ingot::Shape::kMaxRank) + " axes"});
  }
  return ingot::Shape(std::span<const int64_t>(dims));
}

nb::tuple to_tuple(const auto& dims) {
  nb::list list;
  for (const int64_t dim : dims) list.append(dim);
  return nb::tuple(list);
}

nb::object new_array(const ingot::TensorInfo& tensor, const ingot::Shape& shape) {
  return numpy().attr("empty")(to_tuple(shape), nb::arg("dtype") = numpy_type(tensor));
}

struct Engine {
  std::shared_ptr<const ingot::Engine> native;

  static Engine load(nb::handle path, int threads) {
    const std::string file = nb::cast<std::string>(nb::module_::import_("os").attr("fspath")(path));
    const nb::gil_scoped_release release;
    return {ingot::Engine::load(file, {.threads = threads})};
  }

  nb::list profiles() const {
    nb::list list;
    for (const ingot::ProfileInfo& profile : native->profiles()) {
      nb::dict inputs;
      for (const auto& input : profile.inputs) {
        inputs[input.name.c_str()] =
            nb::make_tuple(to_tuple(input.min), to_tuple(input.opt), to_tuple(input.max));
      }
      list.append(inputs);
    }
    return list;
  }

  nb::dict info() const {
    const ingot::EngineInfo& info = native->info();
    nb::dict dict;
    dict["ingot_version"] = info.ingot_version;
    dict["device"] = info.device;
    dict["model_hash"] = info.model_hash;
    dict["plan_bytes"] = info.plan_bytes;
    dict["weight_bytes"] = info.weight_bytes;
    dict["arena_bytes_at_opt"] = info.arena_bytes_at_opt;
    dict["steps"] = info.steps;
    dict["repacked_at_load"] = info.repacked_at_load;
    return dict;
  }
};

class Context {
 public:
  Context(const Engine& engine, int profile) : engine_(engine.native), native_(engine.native) {
    check(native_.set_profile(profile));
    for (const ingot::TensorInfo& output : engine_->outputs()) {
      ingot::Shape shape;
      check(native_.shape(output.name, &shape));
      for (const int64_t dim : shape) {
        if (dim < 0) decided_by_data_.insert(output.name);
      }
    }
  }

  /// One inference. The lock spans setting and running: while one thread runs, which it does
  /// without the GIL, another one must not replace the addresses.
  nb::dict run(const nb::dict& inputs) {
    const std::unique_lock lock(running_, std::try_to_lock);
    if (!lock.owns_lock()) {
      fail({"context.busy", "the context is in use by another thread", "",
            "make one Context for each thread; they share the Engine"});
    }
    const std::vector<nb::object> arrays = set_inputs(inputs);
    std::vector<nb::object> outputs;
    for (const ingot::TensorInfo& output : engine_->outputs()) {
      outputs.push_back(nb::none());
      if (decided_by_data_.contains(output.name)) continue;
      ingot::Shape shape;
      check(native_.shape(output.name, &shape));
      outputs.back() = new_array(output, shape);
      check(native_.set_address(output.name, address(outputs.back())));
    }
    ingot::Status status;
    {
      const nb::gil_scoped_release release;
      status = native_.run();
    }
    check(status);
    nb::dict result;
    for (size_t i = 0; i < outputs.size(); ++i) {
      const ingot::TensorInfo& output = engine_->outputs()[i];
      if (outputs[i].is_none()) outputs[i] = copy_output(output);
      result[output.name.c_str()] = outputs[i];
    }
    return result;
  }

 private:
  /// Sets shapes and addresses; the arrays returned must live until the run has ended.
  std::vector<nb::object> set_inputs(const nb::dict& inputs) {
    for (const auto& [name, value] : inputs) {
      ingot::Shape ignored;  // a name that is unknown fails with the nearest ones
      check(native_.shape(nb::cast<std::string>(name), &ignored));
    }
    std::vector<nb::object> arrays;
    for (const ingot::TensorInfo& input : engine_->inputs()) {
      if (!inputs.contains(input.name.c_str())) {
        fail({"python.missing_input", "no array is given for input \"" + input.name + "\"", "",
              "give an array for each of Engine.inputs"});
      }
      arrays.push_back(dense_array(input, inputs[input.name.c_str()]));
      check(native_.set_shape(input.name, shape_of(input, arrays.back())));
      check(native_.set_address(input.name, address(arrays.back())));
    }
    return arrays;
  }

  nb::object copy_output(const ingot::TensorInfo& output) const {
    ingot::Shape shape;
    check(native_.shape(output.name, &shape));
    nb::object array = new_array(output, shape);
    const size_t bytes = ingot::dense_bytes(output.dtype, shape);
    if (bytes > 0) std::memcpy(address(array), native_.output_data(output.name), bytes);
    return array;
  }

  std::shared_ptr<const ingot::Engine> engine_;
  ingot::Context native_;
  std::set<std::string> decided_by_data_;  // outputs whose size is known only after a run
  std::mutex running_;
};

}  // namespace

NB_MODULE(_ingotrt, module) {
  module.attr("__version__") = std::string(ingot::version());
  const nb::object error = nb::exception<ingot::Error>(module, "Error");
  nb::register_exception_translator(
      [](const std::exception_ptr& thrown, void* type) {
        try {
          std::rethrow_exception(thrown);
        } catch (const FailedStatus& status) {
          PyErr_SetString(static_cast<PyObject*>(type), status.what());
        }
      },
      error.ptr());

  nb::class_<ingot::TensorInfo>(module, "TensorInfo", "A tensor at the border of an engine.")
      .def_ro("name", &ingot::TensorInfo::name)
      .def_prop_ro("dtype",
                   [](const ingot::TensorInfo& t) { return std::string(dtype_name(t.dtype)); })
      .def_prop_ro(
          "shape", [](const ingot::TensorInfo& t) { return to_tuple(t.dims); },
          "Elements per axis; -1 where it is decided at run time.");

  nb::class_<Engine>(module, "Engine", "A loaded engine file. Threads may share it.")
      .def_static("load", &Engine::load, nb::arg("path"), nb::arg("threads") = 0,
                  "Loads an engine file; threads=0 takes INGOT_THREADS or all cores.")
      .def_prop_ro("inputs", [](const Engine& e) { return e.native->inputs(); })
      .def_prop_ro("outputs", [](const Engine& e) { return e.native->outputs(); })
      .def_prop_ro("profiles", &Engine::profiles, "A list of {input: (min, opt, max)}.")
      .def_prop_ro("info", &Engine::info, "Facts about the engine, by name.");

  nb::class_<Context>(module, "Context", "State of one request at a time; one for each thread.")
      .def(nb::init<const Engine&, int>(), nb::arg("engine"), nb::arg("profile") = 0)
      .def("run", &Context::run, nb::arg("inputs"),
           "Runs {name: array} and returns {name: array}; shapes are those of the arrays.");
}
