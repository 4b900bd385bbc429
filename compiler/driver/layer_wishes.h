// What the user wants of single layers (--layerPrecisions, --layerOutputTypes): resolved to ONNX
// nodes, put into the precisions of a compilation, and compared with what came out.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/driver/compilation.h"

namespace ingot {

/// By name of an ONNX node.
struct LayerWishes {
  std::map<std::string, DType> compute;
  std::map<std::string, std::vector<DType>> outputs;
  bool empty() const { return compute.empty() && outputs.empty(); }
};

/// Throws Error with all problems: "precision.unknown_layer" (nearest names added),
/// "precision.bad_layer_type" (no type that layers compute in, or one that is not allowed),
/// "precision.output_count". Wishes without --precisionConstraints are a warning.
LayerWishes resolve_wishes(const Graph& source, const BuildOptions& options, const Target& target,
                           std::vector<Problem>* warnings);

void apply_wishes(const LayerWishes& wishes, Precisions* precisions);

/// Each wish that did not come true, with what the layer does instead and why. Layers that are
/// computed at build time have no precision, and elementwise ones that others take along compute in
/// FP32 inside.
std::vector<Problem> unmet_wishes(const LayerWishes& wishes, const Graph& source,
                                  const Compilation& compilation);

/// Obey: throws the problems. Prefer: they are warnings.
void settle_wishes(std::vector<Problem> unmet, const BuildOptions& options,
                   std::vector<Problem>* warnings);

}  // namespace ingot
