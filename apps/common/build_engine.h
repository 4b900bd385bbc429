// From a model file to an engine file, with what is said on the way.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "apps/common/build_flags.h"
#include "ingot/engine.h"

namespace ingot::apps {

/// Reads flags.onnx, builds it, saves it if flags.save_engine is given, and says so line by line.
/// On a terminal one line shows the progress. Throws what the library throws.
/// @param threads  of one stream
BuildResult build_engine(const BuildFlags& flags, int threads);

/// Loads an engine file and says how long it took.
std::shared_ptr<const Engine> load_engine_file(const std::string& path,
                                               const EngineOptions& options);

/// The same for bytes in memory, which must outlive the engine.
std::shared_ptr<const Engine> load_engine_bytes(std::span<const std::byte> plan,
                                                const EngineOptions& options);

}  // namespace ingot::apps
