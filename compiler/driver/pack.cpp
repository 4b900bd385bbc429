// Packing the weights of a plan: see the header.
#include "compiler/driver/pack.h"

#include <map>

#include "core/base/error.h"
#include "runtime/engine/packing.h"

namespace ingot {
namespace {

void drop_unread_values(Plan* plan) {
  std::vector<bool> used(plan->values.size(), false);
  const auto use = [&](int value) {
    while (value >= 0 && !used[static_cast<size_t>(value)]) {
      used[static_cast<size_t>(value)] = true;
      const PlanValue& there = plan->values[static_cast<size_t>(value)];
      if (there.in_place_of >= 0) used[static_cast<size_t>(there.in_place_of)] = true;
      value = there.storage == Storage::kView ? there.parent : -1;
    }
  };
  for (const PlanStep& step : plan->steps) {
    for (int input : step.inputs) use(input);
    for (int output : step.outputs) use(output);
  }
  for (const PlanTensor& tensor : plan->inputs) use(tensor.value);
  for (const PlanTensor& tensor : plan->outputs) use(tensor.value);

  std::vector<int> moved(plan->values.size(), -1), moved_constant(plan->constants.size(), -1);
  std::vector<PlanValue> values;
  std::vector<PlanConstant> constants;
  for (size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) continue;
    moved[i] = static_cast<int>(values.size());
    values.push_back(std::move(plan->values[i]));
  }
  const auto renumber = [&moved](int* index) {
    if (*index >= 0) *index = moved[static_cast<size_t>(*index)];
  };
  for (PlanValue& value : values) {
    renumber(&value.parent);
    renumber(&value.in_place_of);
    if (value.constant < 0) continue;
    int& constant = moved_constant[static_cast<size_t>(value.constant)];
    if (constant < 0) {
      constant = static_cast<int>(constants.size());
      constants.push_back(std::move(plan->constants[static_cast<size_t>(value.constant)]));
    }
    value.constant = constant;
  }
  for (PlanStep& step : plan->steps) {
    for (int& input : step.inputs) renumber(&input);
    for (int& output : step.outputs) renumber(&output);
  }
  for (PlanTensor& tensor : plan->inputs) renumber(&tensor.value);
  for (PlanTensor& tensor : plan->outputs) renumber(&tensor.value);
  plan->values = std::move(values);
  plan->constants = std::move(constants);
}

/// What a status's text says is wrong, without its id, place and fix.
std::string first_line(const std::string& message) {
  const size_t end = message.find('\n');
  const size_t id_end = message.find("]: ");
  const size_t begin = id_end < end ? id_end + 3 : 0;
  return message.substr(begin, end == std::string::npos ? end : end - begin);
}

}  // namespace

void pack_constants(Plan* plan, const EngineOptions& options) {
  const auto engine = load_engine(*plan, options);
  {
    Context context(engine);
    for (int profile = 0; profile < static_cast<int>(plan->profiles.size()); ++profile) {
      Status status = context.set_profile(profile);
      if (status.ok()) status = context.prepare();
      if (status.code() == StatusCode::kOutOfMemory) {
        fail({"memory.out_of_memory", first_line(status.message()),
              "opt shapes of profile " + std::to_string(profile),
              "give smaller --optShapes, or build on a machine with more memory"});
      }
      if (!status.ok()) {
        fail({"build.prepare_failed", status.message(), "profile " + std::to_string(profile),
              "this is a bug of the builder; --builderOptimizationLevel=0 may avoid it"});
      }
    }
  }
  // Several steps may share one constant; each format of it is stored once.
  std::map<std::pair<int, std::string>, int> stored;
  for (auto& [place, packed] : packed_constants(*engine)) {
    const auto [step, input] = place;
    int& reader = plan->steps[static_cast<size_t>(step)].inputs[static_cast<size_t>(input)];
    const PlanValue& plain = plan->values[static_cast<size_t>(reader)];
    const auto [it, inserted] = stored.try_emplace({plain.constant, packed.format}, -1);
    if (inserted) {
      PlanValue value = plain;
      value.name += ".packed";
      value.constant = static_cast<int>(plan->constants.size());
      plan->constants.push_back(std::move(packed));
      it->second = static_cast<int>(plan->values.size());
      plan->values.push_back(std::move(value));
    }
    reader = it->second;
  }
  drop_unread_values(plan);
}

}  // namespace ingot
