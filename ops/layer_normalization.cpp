// LayerNormalization: the last axes are normalised together, then scaled and shifted.
#include "ops/normalization.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_same_float(node);
  node.require_rank(0, 1);
  const int axis = node.axis("axis", node.rank(0));
  const SymbolicShape& dims = node.dims(0);
  for (int i = 1; i < node.input_count(); ++i) {
    if (node.has_input(i)) broadcast(dims, node.dims(i), node.op().name);
  }
  SymbolicShape reduced = dims;
  for (size_t i = static_cast<size_t>(axis); i < dims.size(); ++i) reduced[i] = 1;
  const DType statistics = node.integer("stash_type") == 1 ? DType::kF32 : node.input(0).dtype;
  for (int i = 1; i < node.output_count(); ++i) node.set_output(i, statistics, reduced);
}

template <typename T>
void evaluate_as(const Reference& node) {
  const Shape& shape = node.input(0).shape;
  const AxisSplit split = AxisSplit::from(shape, node.axis("axis", shape.rank()));
  const Elements<T> x(node.input(0));
  ElementsToStore<T> y(node.output(0));
  ElementsToStore<T> mean(node.has_output(1) ? node.output(1) : TensorView{});
  ElementsToStore<T> inverse(node.has_output(2) ? node.output(2) : TensorView{});
  const double epsilon = node.number("epsilon");
  for (int64_t i = 0; i < split.outer; ++i) {
    const T* row = x.data() + i * split.length;
    const auto moments = Moments<T>::of(row, split.length, epsilon);
    for (int64_t j = 0; j < split.length; ++j) {
      y[i * split.length + j] = (row[j] - moments.mean) * moments.inverse_deviation;
    }
    if (node.has_output(1)) mean[i] = moments.mean;
    if (node.has_output(2)) inverse[i] = moments.inverse_deviation;
  }
  scale_and_shift(shape, y.data(), node.input(1), node.has_input(2) ? node.input(2) : TensorView{});
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() { evaluate_as<T>(node); });
}

}  // namespace

extern const OpDef kLayerNormalization = {
    .name = "LayerNormalization",
    .summary = "Normalises the last axes together by their mean and variance.",
    .inputs = {{"X", "float, any rank from 1"},
               {"Scale", "type of X, broadcasts to X"},
               {"B", "type of X, broadcasts to X", OpPort::kOptional}},
    .outputs = {{"Y", "type and shape of X"},
                {"Mean", "float, shape of X with 1 from the axis on", OpPort::kOptional},
                {"InvStdDev", "float, shape of Mean", OpPort::kOptional}},
    .attributes = {{"axis", -1, "the first axis that is normalised"},
                   epsilon_attribute(),
                   {"stash_type", 1,
                    "1: Mean and InvStdDev are f32; otherwise they have X's type"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
