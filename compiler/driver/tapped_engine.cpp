// Engines that show what lies between their steps: see the header.
#include "compiler/driver/tapped_engine.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/driver/compilation.h"
#include "compiler/driver/target.h"
#include "core/base/error.h"
#include "ops/conversion.h"
#include "runtime/engine/packing.h"

namespace ingot {
namespace {

void check(const Status& status) {
  if (status.ok()) return;
  fail({"calibration.run_failed", "the model does not run on the sample: " + status.message(), "",
        "give samples that the model takes, in shapes within the profile (--minShapes, "
        "--maxShapes)"});
}

bool is_known(const Shape& shape) {
  return std::all_of(shape.begin(), shape.end(), [](int64_t dim) { return dim >= 0; });
}

/// What decides the numbers and where they are computed, and nothing else of the user's wishes.
BuildOptions quick_options(const BuildOptions& options) {
  BuildOptions quick;
  quick.device = options.device;
  quick.threads = options.threads;
  quick.allow_tf32 = false;
  quick.optimization_level = 0;
  quick.layer_information = false;
  quick.disabled_passes = options.disabled_passes;
  return quick;
}

}  // namespace

TappedEngine::TappedEngine(Graph graph, std::string_view next_pass, std::span<const ValueId> taps,
                           const BuildOptions& options) {
  for (const ValueId tap : taps) {
    names_.push_back(graph.value(tap).name);
    graph.add_output(tap, fmt::format("tap {}", names_.size() - 1));
  }
  const BuildOptions quick = quick_options(options);
  Stages unseen(quick);
  Compiler compiler(graph, quick, make_target(quick), &unseen);
  const Compilation compilation = compiler.compile_from(next_pass, std::move(graph), {}, 0);
  engine_ = load_engine(compiler.schedule(compilation).plan, compiler.engine_options());
  context_ = std::make_unique<Context>(engine_);
}

void TappedEngine::bind(const Sample& inputs, int profile) {
  std::map<std::string, Shape> shapes;
  for (const TensorInfo& input : engine_->inputs()) {
    shapes[input.name] = inputs.at(input.name).shape();
  }
  const bool fresh = shapes != shapes_ || outputs_.empty();
  if (fresh) {
    check(context_->set_profile(profile));
    for (const auto& [name, shape] : shapes) check(context_->set_shape(name, shape));
    shapes_ = std::move(shapes);
    outputs_.clear();
  }
  inputs_ = inputs;
  for (const TensorInfo& input : engine_->inputs()) {
    check(context_->set_address(input.name, inputs_.at(input.name).mutable_view().data));
  }
  if (!fresh) return;
  for (const TensorInfo& output : engine_->outputs()) {
    Shape shape;
    check(context_->shape(output.name, &shape));
    outputs_.push_back(is_known(shape) ? Tensor::allocate(output.dtype, shape) : Tensor());
    void* memory = outputs_.back() ? outputs_.back().mutable_view().data : nullptr;
    check(context_->set_address(output.name, memory));
  }
}

void TappedEngine::run(const Sample& inputs, int profile) {
  bind(inputs, profile);
  check(context_->run());
}

Tensor TappedEngine::values(size_t i) const {
  const size_t first = engine_->outputs().size() - names_.size();
  const TensorInfo& info = engine_->outputs()[first + i];
  Tensor tensor = outputs_[first + i];
  if (!tensor) {
    Shape shape;
    check(context_->shape(info.name, &shape));
    tensor = Tensor::allocate(info.dtype, shape);
    const void* data = context_->output_data(info.name);
    if (data && tensor.bytes() > 0) {
      engine_->copy(tensor.mutable_view().data, data, tensor.bytes());
    }
  }
  if (info.dtype == DType::kF32) return tensor;
  Tensor floats = Tensor::allocate(DType::kF32, tensor.shape());
  convert_elements(tensor.view(), floats.mutable_view(), true);
  return floats;
}

}  // namespace ingot
