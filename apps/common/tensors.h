// Tensors of a context in the caller's memory: random or loaded inputs, outputs to look at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ingot/engine.h"

namespace ingot::apps {

struct HostTensor {
  TensorInfo info;
  Shape shape;
  std::vector<std::byte> storage;  ///< 63 bytes longer than the data, for alignment
  std::byte* data = nullptr;       ///< 64-byte aligned
  size_t bytes = 0;
};

/// Memory for all inputs and outputs of a context, bound to it. Inputs come from `files`
/// (name -> path of raw little-endian data of the exact size), else from a fixed-seed generator:
/// floats in [-1, 1), integers in [-128, 127] (token ids: see below), bool 0 or 1.
/// int32 and int64 inputs get values in [0, 127]: negative ones are no valid indices.
class BoundTensors {
 public:
  /// Throws UsageError for an unknown name, an unreadable file or a wrong size.
  BoundTensors(Context* context, const Engine& engine,
               const std::map<std::string, std::string>& files, uint64_t seed = 1);

  const std::vector<HostTensor>& inputs() const { return inputs_; }
  const std::vector<HostTensor>& outputs() const { return outputs_; }
  /// Outputs as they are after a run, those of data-dependent size included.
  std::vector<HostTensor> read_outputs(const Context& context) const;

 private:
  std::vector<HostTensor> inputs_, outputs_;
};

/// Elements as numbers, for printing.
std::vector<double> to_numbers(const HostTensor& tensor);

/// Throws Error if the status is not ok.
void check(const Status& status);

}  // namespace ingot::apps
