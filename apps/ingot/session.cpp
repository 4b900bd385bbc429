// An engine ready to run: see the header.
#include "apps/ingot/session.h"

#include <map>

#include "apps/common/program.h"

namespace ingot::apps {

void add_session_flags(SessionFlags* t, std::vector<Flag>* flags) {
  flags->push_back({"--shapes", "spec", "shapes of inputs, name:1x3x224x224,... (default: opt)",
                    [t](const std::string& text) { t->shapes = parse_shapes("--shapes", text); }});
  flags->push_back(
      {"--loadInputs", "spec", "raw little-endian data, name:file,... (else random)",
       [t](const std::string& text) { t->load_inputs = parse_name_values("--loadInputs", text); }});
  flags->push_back({"--threads", "N", "threads (default: INGOT_THREADS, else all cores)",
                    set_integer("--threads", &t->threads, 1)});
  flags->push_back({"--useProfile", "i", "optimization profile (default 0)",
                    set_integer("--useProfile", &t->profile, 0)});
  flags->push_back({"--device", "N",
                    "GPU to use (its number, or GPU-UUID; default 0), for engines built for one",
                    [t](const std::string& text) {
                      if (text.starts_with("GPU-")) {
                        t->device = find_gpu(text);
                      } else {
                        set_integer("--device", &t->device, 0)(text);
                      }
                    }});
}

Session open_session(const std::string& plan, const SessionFlags& flags) {
  set_activity("loading \"" + plan + "\"");
  Session session;
  session.engine = Engine::load(plan, {.threads = flags.threads, .device = flags.device});
  set_activity("preparing the run");
  session.context = std::make_unique<Context>(session.engine);
  check(session.context->set_profile(flags.profile));
  for (const auto& [name, shape] :
       expand_shapes(flags.shapes, session.engine->inputs(), "--shapes")) {
    check(session.context->set_shape(name, shape));
  }
  check(session.context->prepare());
  const std::map<std::string, std::string> files(flags.load_inputs.begin(),
                                                 flags.load_inputs.end());
  session.tensors = std::make_unique<BoundTensors>(session.context.get(), session.engine, files);
  set_activity("running the engine");
  return session;
}

}  // namespace ingot::apps
