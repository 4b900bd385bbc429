// Plan -> bytes. Nothing here depends on time, addresses or the order of hash tables.
#include "core/plan/writer.h"

#include <flatbuffers/flatbuffers.h>
#include <fmt/format.h>

#include "core/plan/container.h"
#include "core/plan/plan_generated.h"
#include "core/plan/texts.h"

namespace ingot {
namespace {

namespace fb = plan_format;
using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

// Names of types, kinds and tactics repeat; each is stored once.
auto text(FlatBufferBuilder& builder, std::string_view value) {
  return builder.CreateSharedString(value.data(), value.size());
}

template <typename T, typename Function>
auto vector_of(FlatBufferBuilder& builder, const std::vector<T>& items, Function&& make) {
  std::vector<decltype(make(items[0]))> made;
  made.reserve(items.size());
  for (const T& item : items) made.push_back(make(item));
  return builder.CreateVector(made);
}

auto write_value(FlatBufferBuilder& b, const PlanValue& value) {
  return fb::CreateValue(b, text(b, value.name), text(b, dtype_name(value.dtype)),
                         b.CreateVector(value.dims), text(b, layout_name(value.layout)),
                         static_cast<fb::Storage>(value.storage), value.constant, value.parent,
                         value.axis, value.offset, value.in_place_of);
}

auto write_step(FlatBufferBuilder& b, const PlanStep& step) {
  const auto origin = vector_of(b, step.origin, [&](const auto& name) { return text(b, name); });
  return fb::CreateStep(b, text(b, step.name), text(b, step.kind), text(b, step.tactic),
                        text(b, step.attributes.to_string()), b.CreateVector(step.inputs),
                        b.CreateVector(step.outputs), origin);
}

auto write_tensor(FlatBufferBuilder& b, const PlanTensor& tensor) {
  return fb::CreateTensor(b, text(b, tensor.name), tensor.value);
}

auto write_profile(FlatBufferBuilder& b, const PlanProfile& profile) {
  return fb::CreateProfile(b, vector_of(b, profile.symbols, [&](const PlanRange& range) {
                             return fb::CreateRange(b, text(b, range.symbol), range.min, range.opt,
                                                    range.max);
                           }));
}

constexpr size_t kConstantAlignment = 64;
constexpr size_t kWeightsAlignment = 4096;

// Lays the constants out in the weights section; fills its parts and size.
std::vector<size_t> place_constants(const Plan& plan, NewSection* weights) {
  std::vector<size_t> offsets;
  for (const PlanConstant& constant : plan.constants) {
    const size_t mask = kConstantAlignment - 1;
    offsets.push_back((weights->size + mask) & ~mask);
    weights->parts.emplace_back(offsets.back(), constant.bytes);
    weights->size = offsets.back() + constant.bytes.size();
  }
  return offsets;
}

// The same for device code.
std::vector<size_t> place_kernels(const Plan& plan, NewSection* section) {
  std::vector<size_t> offsets;
  for (const PlanKernel& kernel : plan.kernels) {
    const size_t mask = kConstantAlignment - 1;
    offsets.push_back((section->size + mask) & ~mask);
    section->parts.emplace_back(offsets.back(), kernel.bytes);
    section->size = offsets.back() + kernel.bytes.size();
  }
  return offsets;
}

NewSection text_section(std::string name, const std::string& content) {
  return {std::move(name), 64, content.size(), {{0, std::as_bytes(std::span(content))}}};
}

}  // namespace

std::vector<std::byte> write_plan(const Plan& plan) {
  NewSection weights{"weights", kWeightsAlignment, 0, {}};
  const std::vector<size_t> offsets = place_constants(plan, &weights);
  NewSection cubins{"kernels", kConstantAlignment, 0, {}};
  const std::vector<size_t> kernel_offsets = place_kernels(plan, &cubins);

  FlatBufferBuilder b;
  const auto dims =
      vector_of(b, plan.dims, [&](const Dim& dim) { return text(b, dim.to_string()); });
  const auto values = vector_of(b, plan.values, [&](const auto& v) { return write_value(b, v); });
  size_t index = 0;
  const auto constants = vector_of(b, plan.constants, [&](const PlanConstant& constant) {
    return fb::CreateConstant(b, text(b, dtype_name(constant.dtype)),
                              text(b, plan_shape_text(constant.shape)), text(b, constant.format),
                              offsets[index++], constant.bytes.size());
  });
  const auto steps =
      vector_of(b, plan.steps, [&](const auto& step) { return write_step(b, step); });
  const auto tensor = [&](const PlanTensor& t) { return write_tensor(b, t); };
  const auto inputs = vector_of(b, plan.inputs, tensor);
  const auto outputs = vector_of(b, plan.outputs, tensor);
  const auto profiles =
      vector_of(b, plan.profiles, [&](const PlanProfile& p) { return write_profile(b, p); });
  size_t kernel_index = 0;
  const auto kernels = vector_of(b, plan.kernels, [&](const PlanKernel& kernel) {
    return fb::CreateKernel(b, text(b, kernel.key), kernel_offsets[kernel_index++],
                            kernel.bytes.size());
  });
  const auto flags =
      vector_of(b, plan.build_flags, [&](const std::string& flag) { return text(b, flag); });
  b.Finish(fb::CreateMetadata(b, text(b, plan.ingot_version), text(b, plan.device),
                              text(b, plan.model_hash), text(b, plan.model_name), dims, values,
                              constants, steps, inputs, outputs, profiles, kernels, flags));
  const std::span<const uint8_t> metadata(b.GetBufferPointer(), b.GetSize());
  std::vector<NewSection> sections = {
      {"metadata", 64, metadata.size(), {{0, std::as_bytes(metadata)}}},
      text_section("graph", plan.graph_text),
      text_section("explain", plan.explain_json)};
  if (!plan.kernels.empty()) sections.push_back(std::move(cubins));
  sections.push_back(std::move(weights));
  return write_container(plan.ingot_version, plan.device, sections);
}

}  // namespace ingot
