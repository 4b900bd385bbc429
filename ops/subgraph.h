// Running subgraphs in reference evaluations: borrowed inputs, copied outputs, stacked slices.
#pragma once

#include <vector>

#include "core/node/program.h"
#include "ops/reference.h"

namespace ingot {

/// Input i as a tensor that borrows its memory; nothing for an absent one.
Tensor borrowed_input(const Reference& node, int i);

/// Output i = a copy of this tensor, allocated if need be. Nothing if nobody reads the output.
void write_output(Reference& node, int i, const Tensor& value);

/// Output i = the slices side by side along a new axis, the last one first if `reversed`. Without
/// slices it is empty, with the dims of `slice` otherwise. Nothing if nobody reads the output.
void write_stacked(Reference& node, int i, const std::vector<Tensor>& slices, int64_t axis,
                   bool reversed, DType dtype, const Shape& slice);

/// Slice `index` of a tensor along an axis, without that axis.
Tensor slice_of(const TensorView& tensor, int axis, int64_t index);

/// Element type and shape of the outputs of a body that never runs; unknown sizes are 0.
std::vector<std::pair<DType, Shape>> body_output_shapes(const Program& body,
                                                        const std::vector<Tensor>& inputs);

}  // namespace ingot
