// What convolution, inner product and matmul share: bias, epilogue as post-ops where oneDNN has
// them, and as a pointwise kernel over the output where it has not.
#pragma once

#include <memory>
#include <optional>

#include "runtime/cpu/dnnl/integer.h"
#include "runtime/cpu/dnnl/post_ops.h"
#include "runtime/cpu/dnnl/primitive.h"
#include "runtime/cpu/integer/columns.h"
#include "runtime/cpu/pointwise.h"

namespace ingot {

/// Descriptor of the step's input `input` as a dense bias; the zero descriptor if it is absent.
dnnl::memory::desc bias_desc(const StepContext& context, int input);

class FusedPrimitive : public PreparedStep {
 public:
  /// Reads attribute "epilogue"; its extras are the step's inputs from `first_extra` on. For the
  /// primitive the output is `output`: the step's own, or that with axes merged. A first addition
  /// of a vector along `bias_axis` of it is left out of the epilogue: it is `bias_input()`.
  FusedPrimitive(const StepContext& context, int first_extra, const StepTensor& output,
                 int bias_axis = -1);

  /// For products of 8-bit integers: the leading scale and shift of columns (axis `column_axis` of
  /// the step's output) become scales of the weights, along the axes in `weights_mask`, and the bias
  /// of the primitive; where the run computes these, they are computed into scratch first. `bias_input`
  /// is the step's bias of i32, added to the sum, or -1. Throws Error ("step.unsupported") where sums
  /// would not be exact.
  struct Integers {
    int weights_mask;
    int column_axis;
    int bias_input;
  };
  FusedPrimitive(const StepContext& context, int first_extra, const StepTensor& output,
                 const Integers& integers);

  /// What the primitive must write for an `output` of the step: a type of its own where the tail
  /// converts it. Of integer products also their bias, of `shape`; the zero descriptor if none.
  dnnl::memory::desc result_desc(const StepTensor& output) const;
  dnnl::memory::desc integer_bias_desc(const Shape& shape) const;
  /// Binds scales, zero point and bias of an integer product; the latter described as above.
  void bind_integers(const dnnl::memory::desc& bias);

  /// The step's input that the primitive must take as its bias, or -1.
  int bias_input() const { return bias_input_; }

  /// Binds the step's input `input` as the primitive's bias; nothing where it is absent.
  void bind_bias(const StepContext& context, int input);

  /// With user scratchpad, and the post-ops.
  const dnnl::primitive_attr& attributes() const { return attributes_; }

  /// Takes the primitive made with attributes(), binds post-op operands, scratchpad and output.
  void finish(const dnnl::primitive& primitive, const dnnl::memory::desc& output,
              const dnnl::memory::desc& scratchpad, std::string implementation);
  BoundPrimitive& bound() { return bound_; }

  size_t scratch_bytes() const override { return scratch_bytes_; }
  std::string implementation() const override { return implementation_; }
  void run(const StepMemory& memory) override;

 private:
  size_t columns_bytes() const;
  void set_epilogue(const StepContext& context, const Expression& epilogue,
                    const StepTensor& output);

  dnnl::primitive_attr attributes_;
  std::optional<PostOps> post_ops_;
  std::unique_ptr<PointwiseKernel> tail_;  ///< the epilogue, where post_ops_ could not have it
  int first_extra_;
  int extra_count_ = 0;
  int bias_input_ = -1;
  bool integers_ = false, scaled_ = false;
  bool staged_ = false;                 ///< the primitive's result lies in scratch, f32
  std::vector<float> scales_, shifts_;  ///< of columns
  std::unique_ptr<ColumnKernel> run_scales_, run_shifts_;  ///< computed at the start of scratch
  int64_t columns_ = 0;
  int32_t zero_ = 0;
  BoundPrimitive bound_;
  size_t scratch_bytes_ = 0, staged_at_ = 0;
  std::string implementation_;
};

}  // namespace ingot
