// Wishes for single layers: see the header.
#include "compiler/driver/layer_wishes.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/driver/computing_type.h"
#include "compiler/driver/permissions.h"
#include "compiler/tactics/tactic.h"
#include "core/base/error.h"

namespace ingot {
namespace {

using Names = std::vector<std::string>;

Names layer_names(const Graph& graph) {
  Names names;
  for (NodeId id : graph.nodes()) {
    for (const std::string& name : graph.node(id).origin) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

bool is_small_float(DType dtype) { return dtype == DType::kF16 || dtype == DType::kBF16; }

class Resolver {
 public:
  Resolver(const Graph& source, const BuildOptions& options, const Target& target)
      : source_(source), options_(options), target_(target), names_(layer_names(source)) {}

  LayerWishes run() {
    for (const LayerPrecision& wish : options_.layer_precisions) {
      const std::string where =
          fmt::format("--layerPrecisions={}:{}", wish.layer, name(wish.dtype));
      const DType type = allowed(wish.dtype, where);
      for (const std::string& layer : matching(wish.layer, where)) result_.compute[layer] = type;
    }
    for (const LayerOutputTypes& wish : options_.layer_output_types) {
      const std::string where = fmt::format("--layerOutputTypes={}", wish.layer);
      std::vector<DType> types;
      for (DType dtype : wish.dtypes) types.push_back(allowed(dtype, where));
      for (const std::string& layer : matching(wish.layer, where)) {
        check_count(layer, types.size(), where);
        result_.outputs[layer] = types;
      }
    }
    problems_.throw_if_any();
    return std::move(result_);
  }

 private:
  static std::string_view name(DType dtype) { return dtype_name(dtype); }

  Names matching(const std::string& pattern, const std::string& where) {
    Names found;
    for (const std::string& name : names_) {
      if (name == pattern || glob_match(pattern, name)) found.push_back(name);
    }
    if (found.empty()) {
      problems_.add({"precision.unknown_layer",
                     fmt::format("the model has no layer \"{}\"", pattern), where,
                     suggest(pattern, names_)});
    }
    return found;
  }

  /// The type itself, or on a CPU the 16-bit one that it has instead.
  DType allowed(DType dtype, const std::string& where) {
    const auto refuse = [&](std::string what, std::string fix) {
      problems_.add({"precision.bad_layer_type", std::move(what), where, std::move(fix)});
    };
    if (is_small_float(dtype)) {
      const DType here = small_float(options_, target_);
      if (here == DType::kUndefined) {
        refuse(fmt::format("{} is not allowed, or this device has none", precision_name(dtype)),
               "add --fp16 or --bf16, or ask for fp32");
      }
      return here;
    }
    if (dtype == DType::kI8 && !options_.allow_int8) {
      refuse("INT8 is not allowed", "add --int8 and --calib");
    }
    const bool known = dtype == DType::kF32 || dtype == DType::kI8 || dtype == DType::kI32 ||
                       dtype == DType::kI64 || dtype == DType::kBool;
    if (!known) refuse("layers do not compute in that type", "give fp32, fp16, bf16 or int8");
    return dtype;
  }

  void check_count(const std::string& layer, size_t types, const std::string& where) {
    for (NodeId id : source_.nodes()) {
      const Node& node = source_.node(id);
      if (std::find(node.origin.begin(), node.origin.end(), layer) == node.origin.end()) continue;
      const auto outputs = static_cast<size_t>(std::count_if(
          node.outputs.begin(), node.outputs.end(), [](ValueId output) { return bool(output); }));
      if (types == 1 || types == outputs) continue;
      problems_.add({"precision.output_count",
                     fmt::format("layer \"{}\" has {} outputs, and {} types are given", layer,
                                 outputs, types),
                     where, "give one type an output, fp32+fp16, or one for all"});
      return;
    }
  }

  const Graph& source_;
  const BuildOptions& options_;
  const Target& target_;
  Names names_;
  LayerWishes result_;
  Problems problems_;
};

/// What a layer does in the end.
struct Outcome {
  bool is_there = false;
  std::set<DType> types;  ///< of all nodes that it went into
};

Outcome outcome_of(const std::string& layer, const Graph& graph) {
  Outcome outcome;
  for (NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    if (std::find(node.origin.begin(), node.origin.end(), layer) == node.origin.end()) continue;
    outcome.is_there = true;
    outcome.types.insert(computing_type(graph, id));
  }
  return outcome;
}

bool is_elementwise(const Graph& source, const std::string& layer) {
  for (NodeId id : source.nodes()) {
    const Node& node = source.node(id);
    if (std::find(node.origin.begin(), node.origin.end(), layer) == node.origin.end()) continue;
    if (!node.op->traits.elementwise) return false;
  }
  return true;
}

bool is_met(DType wish, const Outcome& outcome, bool elementwise) {
  if (!outcome.is_there) return true;
  if (wish != DType::kF32) {
    const bool integer = wish == DType::kI32 || wish == DType::kI64 || wish == DType::kBool;
    return outcome.types.contains(integer ? DType::kUndefined : wish);
  }
  const bool lower = std::any_of(outcome.types.begin(), outcome.types.end(), [](DType type) {
    return type != DType::kF32 && type != DType::kUndefined;
  });
  return !lower || elementwise;
}

std::string reason_of(const std::string& layer, const PassReport& passes) {
  std::string reason;
  for (const NearMiss& miss : passes.near_misses) {
    const bool about_types = miss.pass == "assign_precision" || miss.pass == "place_quantization" ||
                             miss.pass == "lower_quantization";
    if (about_types && miss.node == layer) reason = ": " + miss.reason;
  }
  return reason;
}

}  // namespace

LayerWishes resolve_wishes(const Graph& source, const BuildOptions& options, const Target& target,
                           std::vector<Problem>* warnings) {
  const bool any = !options.layer_precisions.empty() || !options.layer_output_types.empty();
  if (!any) return {};
  if (options.precision_constraints == PrecisionConstraints::kNone) {
    warnings->push_back(
        {"precision.wishes_unused", "--layerPrecisions and --layerOutputTypes have no effect",
         "--precisionConstraints=none", "give --precisionConstraints=obey or prefer"});
    return {};
  }
  return Resolver(source, options, target).run();
}

void apply_wishes(const LayerWishes& wishes, Precisions* precisions) {
  const auto apply = [precisions](const std::string& layer, DType type) {
    if (type == DType::kI8) {
      precisions->int8_here.insert(layer);
      return;
    }
    precisions->keep_float.insert(layer);
    if (type == DType::kF32) precisions->keep_f32.insert(layer);
    if (is_small_float(type)) precisions->small_float_here.insert(layer);
  };
  for (const auto& [layer, type] : wishes.compute) apply(layer, type);
  for (const auto& [layer, types] : wishes.outputs) {
    const auto compute = wishes.compute.find(layer);
    for (DType type : types) {
      // A layer gives the type that it computes in, but for INT8, which may give floats.
      if (compute == wishes.compute.end())
        apply(layer, type);
      else if (compute->second == DType::kI8 && type != DType::kI8)
        precisions->float_outputs.insert(layer);
    }
  }
}

std::vector<Problem> unmet_wishes(const LayerWishes& wishes, const Graph& source,
                                  const Compilation& compilation) {
  std::vector<Problem> unmet;
  const auto check = [&](const std::string& layer, DType wish, std::string_view flag) {
    const Outcome outcome = outcome_of(layer, compilation.graph);
    if (is_met(wish, outcome, is_elementwise(source, layer))) return;
    std::string types;
    for (DType type : outcome.types) {
      types += (types.empty() ? "" : ", ") + std::string(precision_name(type));
    }
    unmet.push_back({"precision.not_obeyed",
                     fmt::format("layer \"{}\" computes in {}, not in {}{}", layer, types,
                                 precision_name(wish), reason_of(layer, compilation.passes)),
                     std::string(flag),
                     "leave the layer out of it, or give --precisionConstraints=prefer"});
  };
  for (const auto& [layer, type] : wishes.compute) check(layer, type, "--layerPrecisions");
  for (const auto& [layer, types] : wishes.outputs) {
    const auto compute = wishes.compute.find(layer);
    for (DType type : types) {
      if (compute == wishes.compute.end()) {
        check(layer, type, "--layerOutputTypes");
      } else if (type != compute->second && compute->second != DType::kI8) {
        unmet.push_back({"precision.not_obeyed",
                         fmt::format("layer \"{}\" computes in {} and gives that type, not {}",
                                     layer, precision_name(compute->second), precision_name(type)),
                         "--layerOutputTypes", "give the layer the same type twice"});
      }
    }
  }
  return unmet;
}

void settle_wishes(std::vector<Problem> unmet, const BuildOptions& options,
                   std::vector<Problem>* warnings) {
  if (options.precision_constraints == PrecisionConstraints::kObey) {
    Problems problems;
    problems.add(unmet);
    problems.throw_if_any();
  }
  warnings->insert(warnings->end(), unmet.begin(), unmet.end());
}

}  // namespace ingot
