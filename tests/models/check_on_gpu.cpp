// Builds an ONNX model for the GPU (emulated; with INGOT_TEST_GPU=1 the machine's) and for the CPU,
// runs both on the same random inputs, and compares the outputs:
//
//   check_on_gpu model.onnx [--fp16 | --bf16] [--int8=CACHE] [--noTF32] [--tactics=...] [--level=N]
//
// Prints for each output the largest and the mean absolute difference, relative to the range of the
// CPU's output; fails where the mean is over 1e-3 (FP32 1e-5, INT8 by the ranges of a cache 2e-2). Integers must be equal.
#include <fmt/core.h>

#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include "core/tensor/dtype.h"
#include "core/tensor/half.h"
#include "ingot/builder.h"
#include "ingot/engine.h"
#include "tests/gpu/emulation/use_emulated_gpu.h"

namespace ingot {
namespace {

struct Outputs {
  std::map<std::string, std::vector<float>> values;
};

std::vector<std::byte> random_bytes(const TensorInfo& info, const Shape& shape) {
  const auto count = static_cast<size_t>(shape.elements());
  std::vector<std::byte> bytes(count * std::max<size_t>(dtype_bytes(info.dtype), 1));
  uint32_t state = 12345;
  for (size_t i = 0; i < count; ++i) {
    state = state * 1664525U + 1013904223U;
    const float x = static_cast<float>(state >> 8) / static_cast<float>(1 << 23) - 1.0F;
    if (info.dtype == DType::kF32) {
      reinterpret_cast<float*>(bytes.data())[i] = x;
    } else if (info.dtype == DType::kI64) {
      reinterpret_cast<int64_t*>(bytes.data())[i] = static_cast<int64_t>(state >> 31);
    } else {
      bytes[i * dtype_bytes(info.dtype)] = static_cast<std::byte>(state >> 31);
    }
  }
  return bytes;
}

std::vector<float> as_floats(const void* data, DType dtype, int64_t count) {
  std::vector<float> result(static_cast<size_t>(count));
  for (size_t i = 0; i < result.size(); ++i) {
    switch (dtype) {
      case DType::kF32:
        result[i] = static_cast<const float*>(data)[i];
        break;
      case DType::kF16:
        result[i] = static_cast<float>(static_cast<const Half*>(data)[i]);
        break;
      case DType::kI64:
        result[i] = static_cast<float>(static_cast<const int64_t*>(data)[i]);
        break;
      case DType::kI32:
        result[i] = static_cast<float>(static_cast<const int32_t*>(data)[i]);
        break;
      default:
        result[i] = static_cast<float>(static_cast<const uint8_t*>(data)[i]);
    }
  }
  return result;
}

void require(const Status& status) {
  if (status.ok()) return;
  fmt::print("{}\n", status.message());
  std::exit(1);
}

Outputs run(const Engine& engine, Context* context) {
  std::vector<std::vector<std::byte>> inputs;
  for (const TensorInfo& info : engine.inputs()) {
    Shape shape;
    require(context->shape(info.name, &shape));
    inputs.push_back(random_bytes(info, shape));
    require(context->set_address(info.name, inputs.back().data()));
  }
  Outputs outputs;
  for (int i = 0; i < 2; ++i) {  // the second is the recording, on a GPU
    require(context->run());
  }
  for (const TensorInfo& info : engine.outputs()) {
    Shape shape;
    require(context->shape(info.name, &shape));
    outputs.values[info.name] =
        as_floats(context->output_data(info.name), info.dtype, shape.elements());
  }
  return outputs;
}

void print_steps(const Engine& engine) {
  std::map<std::string, int> kinds;
  const auto explained = nlohmann::json::parse(engine.explain_json());
  for (const auto& step : explained["steps"]) {
    const std::string tactic = step.value("tactic", "");
    ++kinds[tactic.substr(0, tactic.find('/'))];
  }
  for (const auto& [kind, count] : kinds) fmt::print("  {:3} {}\n", count, kind);
}

int check(const std::string& path, BuildOptions options) {
  const Model model = Model::from_file(path);
  BuildOptions plain;
  plain.device = "cpu";
  plain.profiles = options.profiles;
  const BuildResult on_cpu = build(model, plain), on_gpu = build(model, options);
  for (const Problem& problem : on_gpu.warnings) fmt::print("warning: {}\n", problem.what);
  const auto cpu = Engine::load(std::span(*on_cpu.plan)),
             gpu = Engine::load(std::span(*on_gpu.plan));
  print_steps(*gpu);
  Context cpu_context(cpu), gpu_context(gpu);
  const Outputs expected = run(*cpu, &cpu_context), got = run(*gpu, &gpu_context);
  const bool small = options.allow_fp16 || options.allow_bf16 || options.allow_tf32;
  bool good = true;
  for (const auto& [name, wanted] : expected.values) {
    const auto& values = got.values.at(name);
    if (values.size() != wanted.size()) {
      fmt::print("{}: {} elements, the CPU gives {}\n", name, values.size(), wanted.size());
      good = false;
      continue;
    }
    double largest = 0, sum = 0, range = 1e-30;
    for (size_t i = 0; i < wanted.size(); ++i) {
      const double difference = std::abs(static_cast<double>(values[i]) - wanted[i]);
      largest = std::isfinite(difference) ? std::max(largest, difference) : INFINITY;
      sum += difference;
      range = std::max(range, std::abs(static_cast<double>(wanted[i])));
    }
    const double mean = sum / std::max<double>(1, static_cast<double>(wanted.size())) / range;
    const bool fits = mean <= (options.allow_int8 ? 2e-2 : small ? 1e-3 : 1e-5);
    good = good && fits;
    fmt::print("{} {}: mean {:.2e}, largest {:.2e} of {:.3g}\n", fits ? "good" : "BAD ", name, mean,
               largest / range, range);
  }
  return good ? 0 : 1;
}

}  // namespace
}  // namespace ingot

int main(int argc, char** argv) {
  using namespace ingot;
  const bool emulated = use_emulated_gpu();
  BuildOptions options;
  options.device = "0";
  options.optimization_level = emulated ? 0 : 3;
  std::string path;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--fp16") {
      options.allow_fp16 = true;
    } else if (argument == "--bf16") {
      options.allow_bf16 = true;
    } else if (argument.starts_with("--int8=")) {
      options.allow_int8 = options.force_int8 = true;
      options.calibration.path = argument.substr(7);
      options.verify.mode = VerifyMode::kOff;
    } else if (argument == "--noTF32") {
      options.allow_tf32 = false;
    } else if (argument.starts_with("--tactics=")) {
      options.tactics.push_back(argument.substr(10));
    } else if (argument.starts_with("--level=")) {
      options.optimization_level = std::stoi(argument.substr(8));
    } else {
      path = argument;
    }
  }
  if (path.empty()) {
    fmt::print(
        "usage: check_on_gpu model.onnx [--fp16 | --bf16] [--int8=CACHE] [--noTF32] "
        "[--tactics=+-glob]\n");
    return 2;
  }
  try {
    return check(path, options);
  } catch (const Error& error) {
    fmt::print("{}\n", error.what());
    return 1;
  }
}
