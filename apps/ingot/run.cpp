// ingot run model.plan: one inference on data from files, outputs to files.
#include <fmt/core.h>

#include <filesystem>
#include <set>

#include "apps/common/console.h"
#include "apps/common/files.h"
#include "apps/common/names.h"
#include "apps/ingot/command.h"
#include "apps/ingot/session.h"

namespace ingot::apps {
namespace {

struct RunFlags : SessionFlags {
  std::string save_outputs;
};

std::vector<Flag> flags_of(RunFlags* options) {
  std::vector<Flag> flags;
  add_session_flags(options, &flags);
  flags.push_back({"--saveOutputs", "dir",
                   "write each output as raw little-endian data, and outputs.json about them",
                   set_text(&options->save_outputs)});
  return flags;
}

/// "dir/name.raw"; names that are equal once made plain get a number.
std::string fresh_file(const std::string& name, std::set<std::string>* used) {
  std::string file = file_name_for(name) + ".raw";
  for (int i = 2; !used->insert(file).second; ++i) {
    file = fmt::format("{}.{}.raw", file_name_for(name), i);
  }
  return file;
}

void save_outputs(const std::vector<HostTensor>& outputs, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw Error({"file.write_failed",
                 fmt::format("cannot make the folder \"{}\": {}", folder, error.message()),
                 "--saveOutputs=" + folder, "give a folder that may be written to"});
  }
  std::string json;
  std::set<std::string> used;
  for (const HostTensor& output : outputs) {
    const std::string file = fresh_file(output.info.name, &used);
    write_file(folder + "/" + file, std::span<const std::byte>(output.data, output.bytes));
    std::string dims;
    for (int64_t dim : output.shape.dims())
      dims += fmt::format("{}{}", dims.empty() ? "" : ", ", dim);
    json += fmt::format("{}  {{\"name\": {}, \"dtype\": \"{}\", \"shape\": [{}], \"file\": {}}}",
                        json.empty() ? "" : ",\n", json_string(output.info.name),
                        dtype_name(output.info.dtype), dims, json_string(file));
  }
  write_file(folder + "/outputs.json", "[\n" + json + "\n]\n");
}

int run(const std::vector<std::string>& arguments) {
  RunFlags options;
  std::vector<std::string> words;
  parse_flags(arguments, flags_of(&options), &words);
  Session session = open_session(only_word(words, "an engine file"), options);
  check(session.context->run());
  const std::vector<HostTensor> outputs = session.tensors->read_outputs(*session.context);
  for (const HostTensor& output : outputs) {
    info(fmt::format("{}: {} {}", output.info.name, dtype_name(output.info.dtype),
                     output.shape.to_string()));
  }
  if (!options.save_outputs.empty()) save_outputs(outputs, options.save_outputs);
  return 0;
}

std::string help() {
  RunFlags options;
  return flags_help(flags_of(&options));
}

}  // namespace

const Command kRunCommand = {"run", "model.plan [--loadInputs=...] [--saveOutputs=DIR] [flags]",
                             "Runs an engine once and saves its outputs.", run, help};

}  // namespace ingot::apps
