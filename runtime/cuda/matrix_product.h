// The axes of a batched matrix product as its kernels want them: rows, columns, and up to three
// axes of batches, with everything that can be one axis made one.
#pragma once

#include <vector>

#include "kernels/params/matrix.h"
#include "runtime/engine/step.h"

namespace ingot {

/// Distances in elements along one axis; 0 where a tensor has it not, or is broadcast.
struct ProductAxis {
  int64_t extent = 1, a = 0, b = 0, y = 0;
  std::vector<int64_t> extras;
};

struct MatrixProduct {
  std::vector<ProductAxis> batches;
  ProductAxis rows, columns;
  int64_t inner = 0, a_inner = 0, b_inner = 0;  ///< the inner axis, and its distances

  /// Of a MatMul step: inputs 0 and 1, the extras behind them, output 0.
  static MatrixProduct of_matmul(const StepContext& context);
  /// Of a Conv step: rows are the pixels of output 0, columns its channels; the extras are those
  /// inputs. The operands' distances stay 0.
  static MatrixProduct of_pixels(const StepContext& context, const std::vector<int>& extras);

  int64_t products() const;
  /// Makes axes of batches part of the rows, where the second operand is the same for them, and
  /// joins those of one stride. `rows_lie_apart`: not where rows of A lie side by side.
  void merge_axes(bool rows_lie_apart);

 private:
  /// Distances in output 0 and the extras; axes are those of the output.
  void set_output(const StepContext& context, const std::vector<ProductAxis*>& axes,
                  const std::vector<int>& extras);
};

/// The epilogue's part and the sizes in the kernel's parameters, without addresses. Throws Error
/// ("step.unsupported") for too many axes.
kernels::MatrixOutput matrix_output(const StepContext& context, const MatrixProduct& product);

/// A block of threads for each tile of each product, by the attributes "tile_rows", "tile_columns",
/// "threads" and "shared_bytes"; sets how many tiles a product has.
LaunchShape tile_launch(const StepContext& context, const MatrixProduct& product,
                        const kernels::MatrixOutput& out, int* row_tiles, int* column_tiles);

/// Sets the addresses, and what they and the strides let the kernel move in pieces of eight.
/// `extras` are the addresses in the order of MatrixOutput::extras, `bytes` their element sizes.
void set_addresses(kernels::MatrixOutput* out, void* y, size_t y_bytes, const void* const* extras,
                   const std::vector<size_t>& bytes);

}  // namespace ingot
