// Descriptions of plans, also of those that cannot run here.
#include "runtime/engine/describe.h"

#include "core/base/file.h"
#include "core/plan/reader.h"

namespace ingot {

TensorInfo tensor_info(const Plan& plan, const PlanTensor& tensor) {
  const PlanValue& value = plan.values[static_cast<size_t>(tensor.value)];
  TensorInfo info{tensor.name, value.dtype, {}, {}, false};
  for (const int index : value.dims) {
    const Dim& dim = plan.dims[static_cast<size_t>(index)];
    info.dims.push_back(dim.is_constant() ? dim.constant() : -1);
    info.symbols.push_back(dim.is_symbol() ? dim.to_string() : "");
  }
  return info;
}

ProfileInfo profile_info(const Plan& plan, const SymbolTable& symbols, const PlanProfile& profile) {
  Bindings min = symbols.unbound(), opt = min, max = min;
  for (const PlanRange& range : profile.symbols) {
    const int symbol = symbols.find(range.symbol);
    if (symbol < 0) continue;  // of a dim that the passes folded away
    min[static_cast<size_t>(symbol)] = range.min;
    opt[static_cast<size_t>(symbol)] = range.opt;
    max[static_cast<size_t>(symbol)] = range.max;
  }
  ProfileInfo info;
  for (const PlanTensor& input : plan.inputs) {
    ProfileInfo::Input bounds{input.name, {}, {}, {}};
    for (const int dim : plan.values[static_cast<size_t>(input.value)].dims) {
      bounds.min.push_back(*symbols.evaluate(dim, min));
      bounds.opt.push_back(*symbols.evaluate(dim, opt));
      bounds.max.push_back(*symbols.evaluate(dim, max));
    }
    info.inputs.push_back(std::move(bounds));
  }
  return info;
}

EngineInfo plan_info(const Plan& plan) {
  EngineInfo info;
  info.ingot_version = plan.ingot_version;
  info.device = plan.device;
  info.model_hash = plan.model_hash;
  info.model_name = plan.model_name;
  info.build_flags = plan.build_flags;
  info.steps = static_cast<int>(plan.steps.size());
  for (const PlanConstant& constant : plan.constants) info.weight_bytes += constant.bytes.size();
  return info;
}

EngineInfo Engine::read_info(const std::string& path) {
  const auto file = MappedFile::open(path);
  EngineInfo info = plan_info(read_plan(file->bytes(), file, path));
  info.plan_bytes = file->bytes().size();
  return info;
}

EngineDescription Engine::describe(const std::string& path) {
  const auto file = MappedFile::open(path);
  const Plan plan = read_plan(file->bytes(), file, path);
  const SymbolTable symbols(plan);
  EngineDescription result{plan_info(plan), {}, {}, {}, explain_document(plan), plan.graph_text};
  result.info.plan_bytes = file->bytes().size();
  for (const PlanTensor& input : plan.inputs) result.inputs.push_back(tensor_info(plan, input));
  for (const PlanTensor& output : plan.outputs) result.outputs.push_back(tensor_info(plan, output));
  for (const PlanProfile& profile : plan.profiles) {
    result.profiles.push_back(profile_info(plan, symbols, profile));
  }
  if (result.profiles.empty()) result.profiles.push_back(profile_info(plan, symbols, {}));
  return result;
}

}  // namespace ingot
