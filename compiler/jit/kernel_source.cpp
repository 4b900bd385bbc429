// Kernels as one text: NVRTC reads no files, so that includes are put in here.
#include "compiler/jit/kernel_source.h"

#include <fmt/format.h>

#include <set>

#include "compiler/jit/kernel_files.h"
#include "core/base/error.h"
#include "core/base/hash.h"

namespace ingot {
namespace {

constexpr std::string_view kInclude = "#include \"";
constexpr std::string_view kOnce = "#pragma once";

std::string_view file_text(std::string_view path) {
  for (const KernelFile& file : kernel_files()) {
    if (file.path == path) return file.text;
  }
  fail({"jit.no_source", fmt::format("there is no kernel source \"{}\"", path), "",
        "this is a bug of Ingot's: please report it"});
}

void append(std::string_view path, std::set<std::string_view>* seen, std::string* text) {
  if (!seen->insert(path).second) return;
  std::string_view rest = file_text(path);
  int line_number = 0;
  *text += fmt::format("#line 1 \"{}\"\n", path);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    ++line_number;
    if (line.starts_with(kInclude)) {
      const std::string_view name = line.substr(kInclude.size());
      append(name.substr(0, name.find('"')), seen, text);
      *text += fmt::format("#line {} \"{}\"\n", line_number + 1, path);
    } else if (line.starts_with(kOnce)) {
      *text += '\n';
    } else {
      *text += line;
      *text += '\n';
    }
  }
}

}  // namespace

std::string kernel_text(const KernelSource& source) {
  std::set<std::string_view> seen;
  std::string text;
  // The types that a preamble names come first.
  append("kernels/common/types.cuh", &seen, &text);
  text += "#line 1 \"preamble\"\n" + source.preamble + '\n';
  const std::string path = "kernels/" + source.file;
  append(path, &seen, &text);
  return text;
}

std::string kernel_key(const KernelSource& source, std::string_view architecture) {
  return hash128_hex(fmt::format("{}\n{}", architecture, kernel_text(source)));
}

}  // namespace ingot
