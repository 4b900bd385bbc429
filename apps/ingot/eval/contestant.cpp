// One engine in an evaluation: see the header.
#include "apps/ingot/eval/contestant.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "apps/common/flags.h"

namespace ingot::apps {
namespace {

using Clock = std::chrono::steady_clock;

std::string chosen_output(const Engine& engine, const std::string& wanted) {
  if (wanted.empty()) return engine.outputs().front().name;
  std::vector<std::string> names;
  for (const TensorInfo& output : engine.outputs()) names.push_back(output.name);
  if (std::find(names.begin(), names.end(), wanted) != names.end()) return wanted;
  std::string known;
  for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
  throw UsageError(
      fmt::format("--output={}: the engine has no such output; its outputs: {}", wanted, known));
}

}  // namespace

Contestant::Contestant(std::string name, std::shared_ptr<const Engine> engine, int profile,
                       const std::string& output, std::unique_ptr<Scorer> scorer)
    : name_(std::move(name)),
      output_(chosen_output(*engine, output)),
      engine_(std::move(engine)),
      context_(std::make_unique<Context>(engine_)),
      scorer_(std::move(scorer)) {
  check(context_->set_profile(profile));
}

void Contestant::bind(const Arrays& inputs) {
  for (const TensorInfo& input : engine_->inputs()) {
    const Array& array = inputs.at(input.name);
    check(context_->set_shape(input.name, array.shape));
    // The run only reads its inputs.
    check(context_->set_address(input.name, const_cast<void*>(array.data.get())));
  }
  check(context_->prepare());
  outputs_.clear();
  for (const TensorInfo& info : engine_->outputs()) {
    HostTensor output;
    output.info = info;
    check(context_->shape(info.name, &output.shape));
    const auto& dims = output.shape.dims();
    if (std::all_of(dims.begin(), dims.end(), [](int64_t dim) { return dim >= 0; })) {
      check(context_->bytes(info.name, &output.bytes));
      output.owner = engine_->allocate_host(output.bytes);
      output.data = static_cast<std::byte*>(output.owner.get());
      check(context_->set_address(info.name, output.data));
    }
    outputs_.push_back(std::move(output));
  }
}

void Contestant::run(const Arrays& inputs, const LabelledSample& sample,
                     const ImagePlacement& placement) {
  bind(inputs);
  if (times_.empty()) check(context_->run());
  const Clock::time_point start = Clock::now();
  check(context_->run());
  times_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  for (HostTensor& output : outputs_) {
    if (output.info.name != output_) continue;
    if (!output.data) {  // its size depends on data
      check(context_->shape(output.info.name, &output.shape));
      output.bytes = dense_bytes(output.info.dtype, output.shape);
      output.owner = engine_->allocate_host(output.bytes);
      output.data = static_cast<std::byte*>(output.owner.get());
      engine_->copy(output.data, context_->output_data(output.info.name), output.bytes);
    }
    scorer_->add(sample, output, placement);
  }
}

std::vector<double> Contestant::times_ms() const {
  std::vector<double> ascending = times_;
  std::sort(ascending.begin(), ascending.end());
  return ascending;
}

std::string Contestant::precision() const {
  std::string text;
  for (const std::string& flag : engine_->info().build_flags) {
    for (const auto& [name, words] :
         {std::pair<std::string_view, std::string_view>{"--int8", "INT8"},
          {"--fp8", "FP8"},
          {"--fp16", "FP16"},
          {"--bf16", "BF16"},
          {"--best", "all"}}) {
      if (flag == name) text += (text.empty() ? "" : "+") + std::string(words);
    }
  }
  return text.empty() ? "FP32" : text;
}

}  // namespace ingot::apps
