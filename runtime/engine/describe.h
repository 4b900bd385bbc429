// What a plan says of itself in the words of the public interface.
#pragma once

#include "core/plan/plan.h"
#include "ingot/engine.h"
#include "runtime/engine/bindings.h"

namespace ingot {

TensorInfo tensor_info(const Plan& plan, const PlanTensor& tensor);
ProfileInfo profile_info(const Plan& plan, const SymbolTable& symbols, const PlanProfile& profile);

/// All but what takes the device: arena, plan_bytes, repacked_at_load.
EngineInfo plan_info(const Plan& plan);

/// `ingot explain`'s document: the builder's, or the steps alone where the plan has none.
std::string explain_document(const Plan& plan);

}  // namespace ingot
