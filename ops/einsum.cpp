// Einsum: sums of products over labelled axes. Operands are contracted from left to right, each
// pair by one batched matrix product.
#include "ops/einsum_equation.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "ops/float_tensor.h"
#include "ops/matrix_multiply.h"

namespace ingot {
namespace {

std::vector<int> ranks_of(const InferContext& node) {
  std::vector<int> ranks;
  for (int i = 0; i < node.input_count(); ++i) ranks.push_back(node.rank(i));
  return ranks;
}

void infer(InferContext& node) {
  const auto equation = EinsumEquation::parse(node.text("equation"), ranks_of(node));
  std::map<int, Dim> sizes;
  for (int i = 0; i < node.input_count(); ++i) {
    node.require_same_dtype(0, i);
    for (size_t axis = 0; axis < node.dims(i).size(); ++axis) {
      const int label = equation.operands[static_cast<size_t>(i)][axis];
      const Dim& dim = node.dims(i)[axis];
      const auto [known, added] = sizes.emplace(label, dim);
      if (added || known->second == dim || dim == Dim(1)) continue;
      if (!(known->second == Dim(1))) {
        require_equal(node, known->second, dim,
                      fmt::format("sizes of label '{}'", static_cast<char>(label)));
      }
      if (!known->second.is_constant() || known->second == Dim(1)) known->second = dim;
    }
  }
  SymbolicShape dims;
  for (int label : equation.result) dims.push_back(sizes.at(label));
  node.set_output(0, node.input(0).dtype, std::move(dims));
}

/// A dense tensor with a label for each axis.
template <typename T>
struct Labelled {
  std::vector<int> labels;
  std::vector<int64_t> sizes;
  std::vector<T> data;

  bool has(int label) const {
    return std::find(labels.begin(), labels.end(), label) != labels.end();
  }
  int64_t size(int label) const {
    const auto found = std::find(labels.begin(), labels.end(), label);
    return found == labels.end() ? 1 : sizes[static_cast<size_t>(found - labels.begin())];
  }
};

/// The same tensor with just these axes, in this order: axes of equal labels become their
/// diagonal, axes that are not wanted are summed.
template <typename T>
Labelled<T> arranged(const Labelled<T>& from, const std::vector<int>& wanted) {
  // Loops over the wanted labels, then over the others; each with its stride in `from`.
  std::vector<int> loops = wanted;
  for (int label : from.labels) {
    if (std::find(loops.begin(), loops.end(), label) == loops.end()) loops.push_back(label);
  }
  std::vector<int64_t> sizes(loops.size(), 1), strides(loops.size(), 0);
  int64_t stride = 1, total = 1, kept = 1;
  for (size_t axis = from.labels.size(); axis-- > 0;) {
    const auto loop = static_cast<size_t>(std::find(loops.begin(), loops.end(), from.labels[axis]) -
                                          loops.begin());
    sizes[loop] = from.sizes[axis];
    strides[loop] += stride;
    stride *= from.sizes[axis];
  }
  for (size_t i = 0; i < loops.size(); ++i) {
    total *= sizes[i];
    if (i < wanted.size()) kept *= sizes[i];
  }
  Labelled<T> to{wanted, {sizes.begin(), sizes.begin() + std::ssize(wanted)}, {}};
  to.data.assign(static_cast<size_t>(kept), T{0});
  const int64_t summed = kept ? total / kept : 0;
  std::vector<int64_t> index(loops.size(), 0);
  int64_t offset = 0;
  for (int64_t i = 0; i < total; ++i) {
    to.data[static_cast<size_t>(i / summed)] += from.data[static_cast<size_t>(offset)];
    for (size_t axis = loops.size(); axis-- > 0;) {
      offset += strides[axis];
      if (++index[axis] < sizes[axis]) break;
      offset -= strides[axis] * sizes[axis];
      index[axis] = 0;
    }
  }
  return to;
}

/// The product of two operands with the labels that `needed` or the other one has; all others are
/// summed.
template <typename T>
Labelled<T> contracted(Labelled<T> a, Labelled<T> b, const std::vector<int>& needed) {
  const auto is_needed = [&](int label) {
    return std::find(needed.begin(), needed.end(), label) != needed.end();
  };
  std::vector<int> batch, rows, inner, columns;
  const auto add = [](std::vector<int>& list, int label) {
    if (std::find(list.begin(), list.end(), label) == list.end()) list.push_back(label);
  };
  for (int label : a.labels) {
    if (b.has(label)) {
      add(is_needed(label) ? batch : inner, label);
    } else if (is_needed(label)) {
      add(rows, label);
    }
  }
  for (int label : b.labels) {
    if (!a.has(label) && is_needed(label)) add(columns, label);
  }
  const auto joined = [](std::vector<int> list, const std::vector<int>& x,
                         const std::vector<int>& y) {
    list.insert(list.end(), x.begin(), x.end());
    list.insert(list.end(), y.begin(), y.end());
    return list;
  };
  a = arranged(a, joined(batch, rows, inner));
  b = arranged(b, joined(batch, inner, columns));
  Labelled<T> product{joined(batch, rows, columns), {}, {}};
  const auto count = [](const Labelled<T>& t, const std::vector<int>& labels) {
    int64_t result = 1;
    for (int label : labels) result *= t.size(label);
    return result;
  };
  for (int label : product.labels)
    product.sizes.push_back(a.has(label) ? a.size(label) : b.size(label));
  const int64_t batches = count(a, batch), m = count(a, rows), k = count(a, inner),
                n = count(b, columns);
  product.data.assign(static_cast<size_t>(batches * m * n), T{0});
  for (int64_t i = 0; i < batches; ++i) {
    multiply_add({a.data.data() + i * m * k, k, 1}, {b.data.data() + i * k * n, n, 1},
                 product.data.data() + i * m * n, n, m, k, n);
  }
  return product;
}

template <typename T>
void evaluate_as(const Reference& node) {
  std::vector<int> ranks;
  for (int i = 0; i < node.input_count(); ++i) ranks.push_back(node.input(i).shape.rank());
  const auto equation = EinsumEquation::parse(node.text("equation"), ranks);
  std::map<int, int64_t> sizes;
  for (size_t i = 0; i < ranks.size(); ++i) {
    for (size_t axis = 0; axis < equation.operands[i].size(); ++axis) {
      int64_t& size = sizes.emplace(equation.operands[i][axis], 1).first->second;
      const int64_t dim = node.input(static_cast<int>(i)).shape[static_cast<int>(axis)];
      if (dim != 1) size = dim;
    }
  }
  std::vector<Labelled<T>> operands;
  for (size_t i = 0; i < ranks.size(); ++i) {
    const TensorView& input = node.input(static_cast<int>(i));
    Labelled<T> operand;
    for (size_t axis = 0; axis < equation.operands[i].size(); ++axis) {
      const int label = equation.operands[i][axis];
      const int64_t dim = input.shape[static_cast<int>(axis)];
      if (dim == 1 && sizes.at(label) != 1) continue;  // broadcast: as if the axis were not there
      operand.labels.push_back(label);
      operand.sizes.push_back(dim);
    }
    operand.data.resize(static_cast<size_t>(input.elements()));
    load_elements(input, operand.data.data());
    operands.push_back(std::move(operand));
  }
  Labelled<T> result = std::move(operands.front());
  for (size_t i = 1; i < operands.size(); ++i) {
    std::vector<int> needed = equation.result;
    for (size_t later = i + 1; later < operands.size(); ++later) {
      needed.insert(needed.end(), operands[later].labels.begin(), operands[later].labels.end());
    }
    result = contracted(std::move(result), std::move(operands[i]), needed);
  }
  result = arranged(result, equation.result);
  store_elements(result.data.data(), node.output(0));
}

void evaluate(Reference& node) {
  // Integers are exact as double up to 2^53.
  const DType dtype = node.input(0).dtype;
  with_compute_type(is_integer(dtype) ? DType::kF64 : dtype,
                    [&]<typename T>() { evaluate_as<T>(node); });
}

}  // namespace

extern const OpDef kEinsum = {
    .name = "Einsum",
    .summary = "Sums products over labelled axes, as in \"bij,bjk->bik\".",
    .inputs = {{"Inputs", "float or integer, any rank", OpPort::kVariadic}},
    .outputs = {{"Output", "type of the inputs, axes as in the equation"}},
    .attributes = {{"equation", "", "labels of each operand and, after ->, of the result", true}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
