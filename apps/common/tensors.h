// Tensors of a context in the caller's memory: random or loaded inputs, outputs to look at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ingot/engine.h"

namespace ingot::apps {

struct HostTensor {
  TensorInfo info;
  Shape shape;
  std::shared_ptr<void> owner;  ///< Engine::allocate_host: fast to copy to a GPU
  std::byte* data = nullptr;    ///< null: its size depends on data, the engine owns the memory
  size_t bytes = 0;
};

/// Memory for all inputs and outputs of a context, bound to it. Inputs come from `files`
/// (name -> path of raw little-endian data of the exact size), else from a fixed-seed generator:
/// floats in [-1, 1), bool, int32 and int64 0 or 1 (they are often indices, and 1 is one of the
/// smallest table), other integers over their whole range of 8 bits.
class BoundTensors {
 public:
  /// Throws Error ("input.unknown", "input.unreadable", "input.wrong_size").
  /// @param in_device_memory  bind the memory where the engine computes: runs then copy nothing
  BoundTensors(Context* context, std::shared_ptr<const Engine> engine,
               const std::map<std::string, std::string>& files, bool in_device_memory = false,
               uint64_t seed = 1);

  const std::vector<HostTensor>& inputs() const { return inputs_; }
  const std::vector<HostTensor>& outputs() const { return outputs_; }
  /// Outputs as they are after a run, those of data-dependent size included.
  std::vector<HostTensor> read_outputs(const Context& context) const;

 private:
  void bind(Context* context, const HostTensor& tensor, bool has_content, bool in_device_memory);

  std::shared_ptr<const Engine> engine_;
  std::vector<HostTensor> inputs_, outputs_;
  std::map<std::string, std::shared_ptr<void>> on_device_;  ///< by name of the tensor
};

/// Elements as numbers, for printing.
std::vector<double> to_numbers(const HostTensor& tensor);

/// A run-time call that failed; the text is the status's message.
class StatusError : public std::exception {
 public:
  explicit StatusError(Status status);
  const char* what() const noexcept override { return status_.message().c_str(); }

 private:
  Status status_;
};

/// Throws StatusError if the status is not ok; std::bad_alloc if memory ran out and it has no text.
void check(const Status& status);

}  // namespace ingot::apps
