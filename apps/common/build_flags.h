// The flags of a build, shared by `trtexec` and `ingot build`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/common/flags.h"
#include "apps/common/shapes.h"
#include "ingot/builder.h"

namespace ingot::apps {

/// What a build is asked for, with the defaults of TensorRT 10.16.
struct BuildFlags {
  std::string onnx, save_engine;
  std::vector<ProfileShapes> profiles;
  ShapeList shapes;  ///< --shapes: to run with, and to build for where no profile says more
  bool fp16 = false, bf16 = false, int8 = false, fp8 = false, best = false, no_tf32 = false;
  bool force_int8 = false;
  PrecisionConstraints precision_constraints = PrecisionConstraints::kNone;
  std::vector<LayerPrecision> layer_precisions;
  std::vector<LayerOutputTypes> layer_output_types;
  std::string calib, calib_preprocess, calib_algo;
  int calib_profile = 0;
  VerifyOptions verify;
  int optimization_level = 3;
  double build_time_limit = 0;
  int average_timing = 8;
  int64_t workspace_bytes = -1;
  std::string timing_cache;
  bool no_builder_cache = false;
  std::string verbosity = "layer_names_only";
  std::vector<std::string> tactics, disabled_passes;
  std::string dump_passes;
  bool verify_passes = false;
  bool verbose = false;
  std::string device = "auto";
  int threads = 0;

  std::vector<std::string> warnings;  ///< about old words, one each
};

/// Appends the flags that shape a build. `*target` must outlive them.
void add_build_flags(BuildFlags* target, std::vector<Flag>* flags);

/// --shapes, --device, --threads, --verbose.
void add_common_flags(BuildFlags* target, std::vector<Flag>* flags);

/// Sizes of --memPoolSize: decimal, suffix B, K, M or G, MiB without one.
int64_t parse_size(std::string_view flag, const std::string& text);

/// Index of the GPU that --device names; 0 where it names none.
int device_index(const std::string& device);

/// The library's options for `model`. Warnings of shapes and precisions are printed.
/// @param threads  of one stream
BuildOptions build_options(const BuildFlags& flags, const Model& model, int threads);

}  // namespace ingot::apps
