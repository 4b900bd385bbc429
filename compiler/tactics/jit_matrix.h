// What the tactics of our matrix kernels share: the code of an epilogue, and how tiles are chosen.
#pragma once

#include "compiler/tactics/jit_support.h"

namespace ingot {

/// What block/matrix_epilogue.cuh asks of a preamble (outside of any namespace). The epilogue's
/// inputs from in1 on are the node's from `first_extra` on; where the node has input `bias`, it is
/// added first and is the kernel's extra 0 (of integers it is no extra: it belongs to the sums).
std::string matrix_epilogue_code(const TacticNode& node, int first_extra, int bias = -1);

/// Reasons why the kernels cannot do the epilogue.
Verdict supports_matrix_epilogue(const TacticNode& node, int first_extra, int bias = -1);

/// A block of threads' part of a product, and how its warps share it.
struct MatrixTile {
  int rows, columns, depth_bytes;
  int warp_rows, warp_columns, warp_splits;
  int stages;
  int threads() const { return 32 * warp_rows * warp_columns * warp_splits; }
  std::string name(DType dtype) const;  ///< "64x64x64_w2x2x1_s4", with "_tf32" for f32
};

/// Tensor cores multiply this type: f16, i8 and u8 (by i8), f8e4m3 from Ada on, bf16 from Ampere on, f32 as TF32 where that is allowed.
bool on_tensor_cores(DType dtype, const Target& target);

/// The tiles that may pay for `products` products of this size on tensor cores, best guess first, at
/// most `count`.
std::vector<MatrixTile> tiles_for(int64_t products, int64_t rows, int64_t columns, int64_t inner,
                                  DType dtype, const GpuTarget& gpu, size_t count);

/// Types of a preamble (inside of the namespace): Element of the operands, Out of the result.
std::string product_types_code(const TacticNode& node);

/// Constants of the preamble that describe a tile (inside of the namespace).
std::string tile_code(const MatrixTile& tile, DType dtype);

/// The tile as attributes of the step: tile_rows, tile_columns, threads, shared_bytes.
void set_tile(Candidate* candidate, const MatrixTile& tile);

}  // namespace ingot
