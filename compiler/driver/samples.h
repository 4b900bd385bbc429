// What engines are run with while they are built: samples that the user gave, or random ones.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"
#include "ingot/builder.h"
#include "ingot/engine.h"
#include "ingot/samples.h"

namespace ingot {

/// Inputs, or outputs, by name.
using Sample = std::map<std::string, Tensor>;

/// Random data for all inputs in these shapes: floats within their amplitude (1 where none is
/// given), bool, i32 and i64 0 or 1 (they are often indices), i8 and u8 over all of their range.
Sample random_sample(const std::vector<TensorInfo>& inputs,
                     const std::map<std::string, Shape>& shapes,
                     const std::map<std::string, double>& amplitudes, uint64_t seed);

/// The same memory as tensors; a copy of what does not lie on a boundary that engines take.
Sample to_sample(const Arrays& arrays);

/// The shapes that the context would run with now.
std::map<std::string, Shape> input_shapes(const Engine& engine, const Context& context);

/// Raw little-endian data as of --loadInputs. Throws Error ("input.unknown", "input.unreadable",
/// "input.wrong_size").
Sample load_sample(const std::vector<std::pair<std::string, std::string>>& files,
                   const std::vector<TensorInfo>& inputs,
                   const std::map<std::string, Shape>& shapes);

/// Inputs and outputs of a context, in memory of ours.
struct BoundInputs {
  Sample inputs;
  std::vector<Tensor> outputs;
};
/// Nothing if the context does not take random data: a shape depends on it.
std::optional<BoundInputs> bind_random_inputs(const Engine& engine, Context* context,
                                              uint64_t seed);

/// One run: shapes, memory, outputs copied. Throws Error ("verify.run_failed") with the status.
Sample run_sample(const Engine& engine, Context* context, const Sample& inputs);

}  // namespace ingot
