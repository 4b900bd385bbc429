// An engine's account of itself as JSON: `ingot explain`'s document, and trtexec's
// --exportLayerInfo in the form that TensorRT's tools read.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "runtime/engine/describe.h"
#include "runtime/engine/engine_state.h"

namespace ingot {
namespace {

using Json = nlohmann::ordered_json;

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

// "f32" -> "FP32", "i8" -> "Int8": TensorRT's words.
std::string type_words(DType dtype) {
  const std::string_view name = dtype_name(dtype);
  if (name == "bf16" || name == "bool") return upper(name);
  if (name.starts_with("f8")) return "FP8";
  if (name[0] == 'f') return fmt::format("FP{}", name.substr(1));
  if (name[0] == 'i') return fmt::format("Int{}", name.substr(1));
  return fmt::format("UInt{}", name.substr(1));
}

std::string format_words(DType dtype, Layout layout) {
  switch (layout) {
    case Layout::kPlain:
      return fmt::format("Row major linear {}", type_words(dtype));
    case Layout::kChannelsLast:
      return fmt::format("Channel major {}", type_words(dtype));
    case Layout::kBlocked8:
      return fmt::format("Eight wide channel vectorized row major {} format", type_words(dtype));
    case Layout::kBlocked16:
      return fmt::format("Sixteen wide channel vectorized row major {} format", type_words(dtype));
    case Layout::kHost:
      return fmt::format("Row major linear {} on the host", type_words(dtype));
  }
  return "";
}

Json tensor_json(const Plan& plan, int index) {
  const PlanValue& value = plan.values[static_cast<size_t>(index)];
  Json dims = Json::array();
  for (const int index_of_dim : value.dims) {
    const Dim& dim = plan.dims[static_cast<size_t>(index_of_dim)];
    dims.push_back(dim.is_constant() ? dim.constant() : -1);
  }
  return {{"Name", value.name},
          {"Location", "Host"},
          {"Dimensions", dims},
          {"Format/Datatype", format_words(value.dtype, value.layout)}};
}

// Constants are parameters of a layer, not its inputs.
const PlanConstant* constant_at(const Plan& plan, const PlanStep& step, size_t input) {
  if (input >= step.inputs.size() || step.inputs[input] < 0) return nullptr;
  const PlanValue& value = plan.values[static_cast<size_t>(step.inputs[input])];
  return value.constant < 0 ? nullptr : &plan.constants[static_cast<size_t>(value.constant)];
}

// The words of TensorRT that its tools know, where a step has the like.
std::string layer_type(const PlanStep& step) {
  const std::string op = step.attributes.text("op", step.kind.substr(step.kind.find('.') + 1));
  std::string lower = op;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower.starts_with("conv"))
    return lower.find("transpose") == lower.npos ? "Convolution" : "Deconvolution";
  if (lower.find("matmul") != lower.npos || lower == "gemm") return "MatrixMultiply";
  if (lower.find("pool") != lower.npos) return "Pooling";
  if (lower.find("pointwise") != lower.npos) return "PointWise";
  if (lower.find("reorder") != lower.npos || lower.find("copy") != lower.npos) return "Reformat";
  return op;
}

void add_convolution(const Plan& plan, const PlanStep& step, Json* layer) {
  const PlanConstant* weights = constant_at(plan, step, 1);
  if (!weights || weights->shape.rank() < 3) return;
  Json& json = *layer;
  const Shape& shape = weights->shape;
  const size_t spatial = static_cast<size_t>(shape.rank()) - 2;
  const auto per_axis = [&](const char* name, int64_t fallback) {
    return step.attributes.integers(name, std::vector<int64_t>(spatial, fallback));
  };
  std::vector<int64_t> pads =
      step.attributes.integers("pads", std::vector<int64_t>(2 * spatial, 0));
  pads.resize(2 * spatial);
  const auto middle = pads.begin() + static_cast<ptrdiff_t>(spatial);
  json["ParameterType"] = "Convolution";
  json["Kernel"] = std::vector<int64_t>(shape.begin() + 2, shape.end());
  json["PaddingMode"] = "kEXPLICIT_ROUND_DOWN";
  json["PrePadding"] = std::vector<int64_t>(pads.begin(), middle);
  json["PostPadding"] = std::vector<int64_t>(middle, pads.end());
  json["Stride"] = per_axis("strides", 1);
  json["Dilation"] = per_axis("dilations", 1);
  json["OutMaps"] = shape[0];
  json["Groups"] = step.attributes.integer("group", 1);
  json["Weights"] = {{"Type", type_words(weights->dtype)}, {"Count", shape.elements()}};
  const PlanConstant* bias = constant_at(plan, step, 2);
  json["Bias"] = {{"Type", type_words(bias ? bias->dtype : weights->dtype)},
                  {"Count", bias ? bias->shape.elements() : 0}};
  json["HasBias"] = bias ? 1 : 0;
  json["HasSparseWeights"] = 0;
  if (const Expression* epilogue = step.attributes.expression("epilogue")) {
    json["Activation"] = epilogue->to_string();
    json["HasReLU"] = epilogue->to_string().find("relu(") == std::string::npos ? 0 : 1;
  } else {
    json["Activation"] = "NONE";
    json["HasReLU"] = 0;
  }
}

Json layer_json(const Plan& plan, const PlanStep& step) {
  Json layer = {{"Name", step.name}, {"LayerType", layer_type(step)}};
  layer["Inputs"] = Json::array();
  for (size_t i = 0; i < step.inputs.size(); ++i) {
    if (step.inputs[i] >= 0 && !constant_at(plan, step, i)) {
      layer["Inputs"].push_back(tensor_json(plan, step.inputs[i]));
    }
  }
  layer["Outputs"] = Json::array();
  for (const int output : step.outputs) {
    if (output >= 0) layer["Outputs"].push_back(tensor_json(plan, output));
  }
  if (layer["LayerType"] == "Convolution") add_convolution(plan, step, &layer);
  layer["TacticName"] = step.tactic;
  layer["TacticValue"] = "0x0";
  std::string metadata;
  for (const std::string& node : step.origin) {
    metadata += (metadata.empty() ? "" : "\x1e") + fmt::format("[ONNX Layer: {}]", node);
  }
  layer["Metadata"] = metadata;
  return layer;
}

// Names from a hostile plan may be no UTF-8: such bytes are replaced, not fatal.
std::string dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string explain_document(const Plan& plan) {
  if (!plan.explain_json.empty()) return plan.explain_json;
  Json steps = Json::array();
  for (const PlanStep& step : plan.steps) {
    steps.push_back({{"name", step.name}, {"nodes", step.origin}, {"tactic", step.tactic}});
  }
  return dump({{"steps", steps}});
}

std::string Engine::explain_json() const { return explain_document(state_->plan); }

// Detail follows the verbosity of the build: the document that `ingot explain` prints is empty
// under "none", and says "detailed": false under "layer_names_only".
std::string Engine::layer_information_json() const {
  const Plan& plan = state_->plan;
  const auto explain = Json::parse(plan.explain_json, nullptr, /*allow_exceptions=*/false);
  const bool any = !plan.explain_json.empty();
  const bool detailed =
      any && !(explain.is_object() && explain.value("detailed", Json(true)) == false);
  Json layers = Json::array();
  for (const PlanStep& step : plan.steps) {
    if (!any) break;
    layers.push_back(detailed ? layer_json(plan, step) : Json(step.name));
  }
  Json bindings = Json::array();
  for (const auto* side : {&plan.inputs, &plan.outputs}) {
    for (const PlanTensor& tensor : *side) bindings.push_back(tensor.name);
  }
  return dump({{"Layers", layers}, {"Bindings", bindings}});
}

}  // namespace ingot
