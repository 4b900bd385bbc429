// A oneDNN primitive with its arguments bound to a step's inputs, outputs, constants and scratch.
// Built once in `prepare`; running it allocates nothing in the steady state and takes no lock.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "runtime/cpu/dnnl/memory_desc.h"

namespace ingot {

class BoundPrimitive {
 public:
  BoundPrimitive() = default;
  ~BoundPrimitive();
  BoundPrimitive(const BoundPrimitive&) = delete;
  BoundPrimitive& operator=(const BoundPrimitive&) = delete;

  void set_primitive(const dnnl::primitive& primitive) { primitive_ = primitive; }
  void bind_input(int argument, const dnnl::memory::desc& desc, int input);
  void bind_output(int argument, const dnnl::memory::desc& desc, int output);
  void bind_constant(int argument, const dnnl::memory::desc& desc, const void* data);
  /// A part of the step's scratch, `offset` bytes from its start.
  void bind_scratch(int argument, const dnnl::memory::desc& desc, size_t offset);

  void run(const StepMemory& memory);

 private:
  enum class Source : uint8_t { kInput, kOutput, kConstant, kScratch };
  struct Binding {
    int argument;
    dnnl::memory::desc desc;
    Source source;
    int index = 0;
    const void* data = nullptr;
    size_t offset = 0;
  };
  /// Memory objects of one run at a time; kept between runs.
  struct Arguments {
    std::vector<dnnl::memory> memories;
    std::vector<dnnl_exec_arg_t> list;
  };
  std::unique_ptr<Arguments> make_arguments() const;

  dnnl::primitive primitive_;
  std::vector<Binding> bindings_;
  std::atomic<Arguments*> spare_{nullptr};
};

}  // namespace ingot
