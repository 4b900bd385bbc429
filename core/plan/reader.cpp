// Bytes -> Plan: container and checksums, then FlatBuffers' structure, then texts, then meaning.
#include "core/plan/reader.h"

#include <flatbuffers/flatbuffers.h>
#include <fmt/format.h>

#include <cstring>

#include "core/base/error.h"
#include "core/plan/container.h"
#include "core/plan/plan_generated.h"
#include "core/plan/texts.h"
#include "core/plan/validate.h"

namespace ingot {
namespace {

namespace fb = plan_format;

constexpr int kMaxTableDepth = 64;
constexpr int kMaxTables = 8'000'000;
constexpr int kMaxTextNesting = 64;  // brackets in a dim or in attributes

// Reads one metadata section. `place_` says where we are, for errors.
class MetadataReader {
 private:
  [[noreturn]] void malformed(const std::string& what) const {
    fail({"plan.malformed", what, fmt::format("{}, section metadata, {}", where_, place_),
          "build the plan anew"});
  }

  // Parsers recurse: a hostile depth is refused before they run.
  template <typename Function>
  auto parsed(std::string_view content, Function&& parse) const {
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < content.size(); ++i) {
      const char c = content[i];
      if (c == '"') in_string = !in_string;
      if (c == '\\' && in_string) ++i;
      if (in_string) continue;
      if ((c == '(' || c == '[' || c == '{') && ++depth > kMaxTextNesting) {
        malformed(fmt::format("brackets nest deeper than {}", kMaxTextNesting));
      }
      if (c == ')' || c == ']' || c == '}') --depth;
    }
    try {
      return parse(content);
    } catch (const Error& error) {
      malformed(error.problems().front().what);
    }
  }

 public:
  MetadataReader(const fb::Metadata& metadata, std::span<const std::byte> weights,
                 std::span<const std::byte> kernels, std::string where)
      : metadata_(metadata), weights_(weights), kernels_(kernels), where_(std::move(where)) {}

  void read(Plan* plan) {
    plan->ingot_version = text(metadata_.ingot_version());
    plan->device = text(metadata_.device());
    plan->model_hash = text(metadata_.model_hash());
    plan->model_name = text(metadata_.model_name());
    if (metadata_.build_flags()) {
      for (const auto* flag : *metadata_.build_flags()) plan->build_flags.push_back(text(flag));
    }
    each(metadata_.dims(), "dim", [&](const flatbuffers::String& dim) {
      plan->dims.push_back(
          parsed(dim.string_view(), [](std::string_view t) { return Dim::parse(t); }));
    });
    each(metadata_.values(), "value",
         [&](const fb::Value& value) { plan->values.push_back(read_value(value)); });
    each(metadata_.constants(), "constant",
         [&](const fb::Constant& constant) { plan->constants.push_back(read_constant(constant)); });
    each(metadata_.kernels(), "kernel",
         [&](const fb::Kernel& kernel) { plan->kernels.push_back(read_kernel(kernel)); });
    each(metadata_.steps(), "step",
         [&](const fb::Step& step) { plan->steps.push_back(read_step(step)); });
    each(metadata_.inputs(), "input", [&](const fb::Tensor& tensor) {
      plan->inputs.push_back({text(tensor.name()), tensor.value()});
    });
    each(metadata_.outputs(), "output", [&](const fb::Tensor& tensor) {
      plan->outputs.push_back({text(tensor.name()), tensor.value()});
    });
    each(metadata_.profiles(), "profile", [&](const fb::Profile& profile) {
      PlanProfile read;
      if (profile.symbols()) {
        for (const fb::Range* range : *profile.symbols()) {
          read.symbols.push_back({text(range->symbol()), range->min(), range->opt(), range->max()});
        }
      }
      plan->profiles.push_back(std::move(read));
    });
  }

 private:
  template <typename T, typename Function>
  void each(const flatbuffers::Vector<flatbuffers::Offset<T>>* items, const char* kind,
            Function&& read) {
    if (!items) return;
    for (flatbuffers::uoffset_t i = 0; i < items->size(); ++i) {
      place_ = fmt::format("{} {}", kind, i);
      read(*items->Get(i));
    }
  }

  static std::string text(const flatbuffers::String* string) {
    return string ? string->str() : std::string();
  }

  static std::vector<int> integers(const flatbuffers::Vector<int32_t>* items) {
    return items ? std::vector<int>(items->begin(), items->end()) : std::vector<int>();
  }

  DType dtype(const flatbuffers::String* name) const {
    const DType found = name ? dtype_from_name(name->string_view()) : DType::kUndefined;
    if (found == DType::kUndefined) {
      malformed(fmt::format("element type \"{}\" is unknown", text(name)));
    }
    return found;
  }

  PlanValue read_value(const fb::Value& value) const {
    PlanValue read;
    read.name = text(value.name());
    read.dtype = dtype(value.dtype());
    read.dims = integers(value.dims());
    read.layout = parsed(text(value.layout()), layout_from_name);
    if (value.storage() > fb::Storage::MAX) malformed("unknown storage");
    read.storage = static_cast<Storage>(value.storage());
    read.constant = value.constant();
    read.parent = value.parent();
    read.axis = value.axis();
    read.offset = value.offset();
    read.in_place_of = value.in_place_of();
    return read;
  }

  PlanConstant read_constant(const fb::Constant& constant) const {
    PlanConstant read;
    read.dtype = dtype(constant.dtype());
    const auto shape = parse_plan_shape(text(constant.shape()));
    if (!shape) malformed(fmt::format("\"{}\" is no shape", text(constant.shape())));
    read.shape = *shape;
    read.format = text(constant.format());
    if (constant.offset() > weights_.size() ||
        constant.size() > weights_.size() - constant.offset()) {
      malformed(fmt::format("offset {} and size {} pass the end of the weights ({} bytes)",
                            constant.offset(), constant.size(), weights_.size()));
    }
    if (constant.offset() % 64 != 0) malformed("its offset is not a multiple of 64");
    read.bytes = weights_.subspan(constant.offset(), constant.size());
    return read;
  }

  PlanKernel read_kernel(const fb::Kernel& kernel) const {
    if (kernel.offset() > kernels_.size() || kernel.size() > kernels_.size() - kernel.offset()) {
      malformed(fmt::format("offset {} and size {} pass the end of the kernels ({} bytes)",
                            kernel.offset(), kernel.size(), kernels_.size()));
    }
    return {text(kernel.key()), kernels_.subspan(kernel.offset(), kernel.size()), nullptr};
  }

  PlanStep read_step(const fb::Step& step) const {
    PlanStep read;
    read.name = text(step.name());
    read.kind = text(step.kind());
    read.tactic = text(step.tactic());
    read.attributes =
        parsed(text(step.attributes()), [](std::string_view t) { return Attributes::parse(t); });
    read.inputs = integers(step.inputs());
    read.outputs = integers(step.outputs());
    if (step.origin()) {
      for (const auto* name : *step.origin()) read.origin.push_back(text(name));
    }
    return read;
  }

  const fb::Metadata& metadata_;
  std::span<const std::byte> weights_, kernels_;
  std::string where_, place_;
};

const PlanSection& section(const PlanContainer& container, std::string_view name,
                           const std::string& where) {
  const PlanSection* found = container.find(name);
  if (!found) {
    fail({"plan.malformed", fmt::format("section \"{}\" is missing", name), where,
          "build the plan anew"});
  }
  return *found;
}

std::string text_of(const PlanSection& section) {
  return {reinterpret_cast<const char*>(section.bytes.data()), section.bytes.size()};
}

}  // namespace

Plan read_plan(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
               const std::string& where) {
  const PlanContainer container = read_container(bytes, where);
  const PlanSection& metadata = section(container, "metadata", where);
  const PlanSection& weights = section(container, "weights", where);
  // A copy: what was verified must not change under us, and FlatBuffers wants it aligned.
  const std::shared_ptr<void> copy = allocate_aligned(std::max<size_t>(metadata.bytes.size(), 64));
  if (!metadata.bytes.empty())
    std::memcpy(copy.get(), metadata.bytes.data(), metadata.bytes.size());
  const std::span<const std::byte> copied(static_cast<const std::byte*>(copy.get()),
                                          metadata.bytes.size());
  for (const PlanSection& each : container.sections) {
    check_section(each, &each == &metadata ? copied : each.bytes, where);
  }

  flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t*>(copied.data()), copied.size(),
                                 kMaxTableDepth, kMaxTables);
  if (copied.size() < 8 || !fb::VerifyMetadataBuffer(verifier)) {
    fail({"plan.malformed", "the metadata is no FlatBuffer of the plan's schema",
          fmt::format("{}, section metadata, offset {}", where, metadata.offset),
          "build the plan anew"});
  }
  Plan plan;
  const PlanSection* kernels = container.find("kernels");
  MetadataReader(*fb::GetMetadata(copied.data()), weights.bytes,
                 kernels ? kernels->bytes : std::span<const std::byte>(), where)
      .read(&plan);
  plan.graph_text = text_of(section(container, "graph", where));
  plan.explain_json = text_of(section(container, "explain", where));
  plan.mapping = std::move(owner);
  validate_plan(plan, where);
  return plan;
}

}  // namespace ingot
