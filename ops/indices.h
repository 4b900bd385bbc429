// Index tensors of gathers and scatters: their type in shape rules, their range in evaluations.
#pragma once

#include <vector>

#include "ops/reference.h"

namespace ingot {

/// Fails with "op.bad_type" unless input i is i32 or i64 (or another integer).
void require_indices(const InferContext& node, int i);

/// `index` within [-length, length) made positive; throws Error ("op.bad_index") outside.
int64_t checked_index(int64_t index, int64_t length, std::string_view op);

/// All indices of input i, checked against one length.
std::vector<int64_t> checked_indices(const Reference& node, int i, int64_t length);

/// The indices of GatherND and ScatterND: each names a block of `block` elements of `data` by its
/// coordinates along the first axes (after `batch_dims`); the result is offsets of blocks, in
/// elements, in the order of the index tuples.
struct IndexedBlocks {
  std::vector<int64_t> offsets;
  int64_t block = 1;
};
IndexedBlocks indexed_blocks(const Reference& node, const TensorView& data, int indices_input,
                             int batch_dims);

/// For GatherElements and ScatterElements: offset in `data` of every element of the indices.
std::vector<int64_t> element_offsets(const Reference& node, const TensorView& data,
                                     int indices_input, int axis);

/// Copies blocks of `block` elements of `from`, beginning at these elements, to `to` in order.
void gather_elements(const TensorView& from, const std::vector<int64_t>& offsets, int64_t block,
                     const TensorView& to, std::string_view op);

}  // namespace ingot
