// Runs every way that the CUDA backend has to do an operator, and compares each with the operator's
// reference evaluation:
//
//   class SoftmaxOnGpu : public GpuStepTest {};
//   TEST_F(SoftmaxOnGpu, NormalisesOddRows) {
//     check("Softmax", "{axis=1}", {random({3, 17, 5}, DType::kF16)}, {.tactic = "jit.softmax"});
//   }
//
// The node's tactics are asked on a target of architecture "emulated", whose kernels run on the CPU
// (tests/gpu/emulation); with INGOT_TEST_GPU=1 on the machine's GPU. Each candidate is compiled,
// prepared and run in the layouts that it wants: with dense tensors, twice, the second time as a
// recording (and, emulated, with the threads in another order); with windows of larger buffers
// along every axis where it reads or writes them; in place where it may. Memory around tensors and
// windows must stay untouched.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "compiler/tactics/tactic.h"
#include "core/tensor/tensor.h"
#include "runtime/engine/device.h"

namespace ingot {

/// An input of a node; an empty tensor is an absent one.
struct GpuInput {
  Tensor tensor;
  bool constant = false;                        ///< known when the engine is built
  GpuInput(Tensor t, bool is_constant = false)  // NOLINT: a tensor is an input
      : tensor(std::move(t)), constant(is_constant) {}
};
inline GpuInput constant(Tensor tensor) { return {std::move(tensor), true}; }

struct GpuCheck {
  /// Glob over the names of tactics ("jit.softmax") or of candidates ("jit.softmax*nhwc*").
  std::string tactic = "*";
  int outputs = 1;
  /// Relative to max(1, |expected|); 0: 1e-5 for f32, 2e-3 for f16, 1e-2 for bf16, none for
  /// integers. It counts for all outputs.
  float tolerance = 0;
  int quanta = 0;       ///< by which 8-bit integers may differ: libraries round ties as they do
  bool windows = true;  ///< also run in windows where the candidate takes them
  int min_candidates = 1;
  /// Candidates that turn out to be unsupported are left out: libraries have as many configurations
  /// as they have.
  bool some_unsupported = false;
};

class GpuStepTest : public testing::Test {
 protected:
  GpuStepTest();

  /// Normal values; integers from -50 (unsigned ones from 0) to below 100; 0 and 1 for bool.
  Tensor random(const Shape& shape, DType dtype = DType::kF32, float scale = 1, float shift = 0);
  /// Indices in [-below, below).
  Tensor random_indices(const Shape& shape, int64_t below, DType dtype = DType::kI64);
  /// Values converted to `dtype`.
  Tensor values(const Shape& shape, const std::vector<float>& values, DType dtype = DType::kF32);

  /// Fails when a tactic that the glob names says no, when no candidate ran, or when one is wrong.
  void check(const std::string& op, const std::string& attributes,
             const std::vector<GpuInput>& inputs, const GpuCheck& options = {});
  void check(const std::string& op, const Attributes& attributes,
             const std::vector<GpuInput>& inputs, const GpuCheck& options = {});
  /// Every tactic of that name says no, with a reason that contains `reason`.
  void expect_no(const std::string& op, const std::string& attributes,
                 const std::vector<GpuInput>& inputs, const std::string& tactic,
                 const std::string& reason, int outputs = 1);

  /// What the tactics propose, in order, as check() would run them.
  std::vector<Candidate> candidates(const std::string& op, const Attributes& attributes,
                                    const std::vector<GpuInput>& inputs,
                                    const GpuCheck& options = {});

  Device& device() { return *device_; }
  const Target& target() const { return target_; }

  std::vector<std::string> ran_;  ///< names of the candidates that the last check ran
  std::mt19937 generator_{7};

 private:
  std::shared_ptr<Device> device_;
  Target target_;
};

}  // namespace ingot
