// An engine with one context and its memory, as `ingot run` and `ingot bench` need it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "apps/common/flags.h"
#include "apps/common/shapes.h"
#include "apps/common/tensors.h"

namespace ingot::apps {

struct SessionFlags {
  std::vector<std::pair<std::string, std::string>> load_inputs;
  ShapeList shapes;
  int threads = 0;
  int profile = 0;
  int device = 0;
};

/// --shapes, --loadInputs, --threads, --useProfile, --device.
void add_session_flags(SessionFlags* target, std::vector<Flag>* flags);

struct Session {
  std::shared_ptr<const Engine> engine;
  std::unique_ptr<Context> context;
  std::unique_ptr<BoundTensors> tensors;
};

/// Loads the engine, sets the shapes, reads or makes the inputs. Throws Error or StatusError.
Session open_session(const std::string& plan, const SessionFlags& flags);

}  // namespace ingot::apps
