// protozero with its checks on: a field of the wrong wire type throws, in release builds too.
// Include this instead of any protozero header.
#pragma once

#include <stdexcept>

namespace ingot::onnx {

/// What protozero's own assertion becomes: the bytes do not fit the format.
struct WireError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace ingot::onnx

#ifdef protozero_assert
#error "include compiler/onnx/checked_protozero.h before any protozero header"
#endif
// NOLINTNEXTLINE(readability-identifier-naming): protozero's own name
#define protozero_assert(condition) \
  ((condition) ? static_cast<void>(0) : throw ::ingot::onnx::WireError(#condition))

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
