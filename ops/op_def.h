// The definition of an operator: everything that Ingot knows about it, in one place.
//
// One operator, one file `ops/<snake_name>.cpp` with `const OpDef kName = {...};`. The table of all
// operators is generated from the files; nothing else names an operator in order to make it work.
// Meaning: ONNX's newest (opset 24); older opsets are rewritten at import (compiler/onnx).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/node/attributes.h"

namespace ingot {

class InferContext;
class Reference;

/// One input or output of an operator.
struct OpPort {
  std::string_view name;     ///< as in the ONNX specification
  std::string_view summary;  ///< types and shape in words: "float, any rank from 1"
  enum Kind { kRequired, kOptional, kVariadic } kind = kRequired;  ///< kVariadic only last
};

/// One attribute. `fallback` also gives its type; std::monostate-like "no default" is `required`.
struct OpAttribute {
  std::string_view name;
  AttributeValue fallback;
  std::string_view summary;  ///< one sentence
  bool required = false;
};

/// What generic rewrites may assume. Passes read these, never operator names, where they can.
struct OpTraits {
  /// Set for elementwise operators that a pointwise cluster may contain: the scalar operation that
  /// they are (kInput: none). Attributes that become constant operands are handled in
  /// compiler/passes/fuse_pointwise.cpp.
  ScalarOp scalar = ScalarOp::kInput;
  bool elementwise = false;  ///< output element i depends on input elements i only (broadcast)
  bool is_view = false;      ///< same bytes in another shape (Reshape, Squeeze, Flatten, ...)
  bool shape_only = false;   ///< reads the shapes of its inputs, not their data
  bool random = false;       ///< not folded, not merged
  bool commutes_with_quantize = false;  ///< Q(op(x)) == op(Q(x))
  bool data_dependent_shape = false;    ///< an output's size is known only after it has run
};

struct OpDef {
  std::string_view name;     ///< "Softmax"
  std::string_view summary;  ///< one sentence
  std::vector<OpPort> inputs = {};
  std::vector<OpPort> outputs;
  std::vector<OpAttribute> attributes = {};
  /// Sets the type, dims and (for small integer tensors) symbolic contents of every output.
  void (*infer)(InferContext& node);
  /// Computes the outputs; correct first, then not silly.
  void (*evaluate)(Reference& node);
  OpTraits traits = {};
  std::string_view domain = "";  ///< "" for ai.onnx, "ingot" for our own, "com.microsoft", ...
};

}  // namespace ingot
