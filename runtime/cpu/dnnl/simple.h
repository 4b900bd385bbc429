// A step that is one oneDNN primitive with one input and one output.
#pragma once

#include "runtime/cpu/dnnl/primitive.h"

namespace ingot {

class SimplePrimitive : public PreparedStep {
 public:
  template <typename PrimitiveDesc>
  void finish(const dnnl::primitive& primitive, const PrimitiveDesc& desc) {
    bound_.set_primitive(primitive);
    const dnnl::memory::desc scratchpad = desc.scratchpad_desc();
    scratch_bytes_ = scratchpad.get_size();
    if (scratch_bytes_ > 0) bound_.bind_scratch(DNNL_ARG_SCRATCHPAD, scratchpad, 0);
    implementation_ = desc.impl_info_str();
  }
  BoundPrimitive& bound() { return bound_; }

  size_t scratch_bytes() const override { return scratch_bytes_; }
  std::string implementation() const override { return implementation_; }
  void run(const StepMemory& memory) override { bound_.run(memory); }

  static dnnl::primitive_attr attributes() {
    dnnl::primitive_attr result;
    result.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return result;
  }

 private:
  BoundPrimitive bound_;
  size_t scratch_bytes_ = 0;
  std::string implementation_;
};

}  // namespace ingot
