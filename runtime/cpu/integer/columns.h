// Scales and shifts of a sum's columns that the run computes: what dynamically quantised products
// begin their epilogues with.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/node/expression.h"
#include "runtime/cpu/pointwise.h"

namespace ingot {

/// The one node that reads `node`, or -1.
int only_reader(std::span<const ExpressionNode> nodes, int node);

/// `epilogue` from one node to another: `from` is replaced by the accumulator (-1: by nothing), `to`
/// is the result.
Expression part_of(const Expression& epilogue, int from, int to);

/// An epilogue as rest(sum * scale[column] + shift[column]): an expression over extras each, in
/// which input k is the extra of that number.
struct RunColumns {
  Expression scale, shift, rest;
};

/// As far as the operations on the sum only scale and shift, by numbers or columns; nothing where no
/// extra that the run computes is among these.
std::optional<RunColumns> run_columns(const Expression& epilogue,
                                      const std::vector<StepTensor>& extras, const Shape& output,
                                      int column_axis);

/// Computes one of them: an element for each column.
class ColumnKernel {
 public:
  /// `extras` are the step's inputs from `first_extra` on.
  ColumnKernel(const Expression& columns, const std::vector<StepTensor>& extras, int first_extra,
               int64_t count);

  void run(const StepMemory& memory, float* columns) const;

 private:
  std::vector<int> inputs_;  ///< of the step
  std::unique_ptr<PointwiseKernel> kernel_;
};

}  // namespace ingot
