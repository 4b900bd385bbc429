// Steps that only move elements: rectangles that go from inputs to outputs, by kernels/ops/move.cuh.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kernels/params/move.h"
#include "ops/strided_copy.h"
#include "runtime/cuda/jit_kernel.h"

namespace ingot {

/// A rectangle to move. Axes may be in any order; `from_stride` may be 0 or negative.
struct Rectangle {
  std::vector<CopyAxis> axes;  ///< strides in elements
  int input = 0;               ///< -1: `fill` is written
  int output = 0;
  int64_t from = 0, to = 0;             ///< first elements, from the addresses of the tensors
  std::array<unsigned char, 8> fill{};  ///< an element
};

/// The rectangle that copies `from` to `to`, of one shape.
Rectangle copy_of(const StepTensor& from, const StepTensor& to);

/// Bytes of an element. Throws Error ("step.unsupported") for types of less than a byte.
size_t movable_bytes_on_gpu(DType dtype);

/// Moves rectangles that do not overlap, in the fewest launches: the widest elements that strides
/// and, at the run, addresses allow.
class JitMoveStep : public PreparedStep {
 public:
  /// `attribute` names the kernel's cubin, whose source is move_source() of the tactics.
  JitMoveStep(const StepContext& context, size_t element_bytes, std::vector<Rectangle> rectangles,
              const std::string& attribute = "cubin");
  void run(const StepMemory& memory) override;
  std::string implementation() const override;

 private:
  struct Piece {
    kernels::MovePiece params;
    int input, output;
    int64_t from, to;  ///< bytes
  };
  /// All pieces as elements of `bytes` bytes.
  struct Variant {
    int64_t bytes = 0;
    std::vector<Piece> pieces;     ///< end_block counts on through the pieces of a launch
    std::vector<uint32_t> blocks;  ///< of each launch
    std::shared_ptr<const DeviceKernel> one, many;
  };
  static Variant make_variant(std::vector<Rectangle> rectangles, int64_t bytes,
                              int multiprocessors);
  static bool aligned(const Variant& variant, const StepMemory& memory);
  static void launch(const Variant& variant, size_t first, size_t count, uint32_t blocks,
                     const StepMemory& memory);

  std::vector<Variant> variants_;  ///< widest first; the last one always fits
  /// One tensor goes to the same arrangement: nothing to do where the two share their memory.
  bool keeps_places_ = false;
};

}  // namespace ingot
