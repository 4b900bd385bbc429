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

void append_file(std::string_view path, std::set<std::string_view>* seen, std::string* text);

/// The lines of `rest`, which is the content of `path`, with files instead of includes.
void append_lines(std::string_view rest, std::string_view path, std::set<std::string_view>* seen,
                  std::string* text) {
  int line_number = 0;
  *text += fmt::format("#line 1 \"{}\"\n", path);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    ++line_number;
    if (line.starts_with(kInclude)) {
      const std::string_view name = line.substr(kInclude.size());
      append_file(name.substr(0, name.find('"')), seen, text);
      *text += fmt::format("#line {} \"{}\"\n", line_number + 1, path);
    } else if (line.starts_with(kOnce)) {
      *text += '\n';
    } else {
      *text += line;
      *text += '\n';
    }
  }
}

void append_file(std::string_view path, std::set<std::string_view>* seen, std::string* text) {
  if (!seen->insert(path).second) return;
  append_lines(file_text(path), path, seen, text);
}

}  // namespace

std::string kernel_text(const KernelSource& source) {
  std::set<std::string_view> seen;
  std::string text;
  // The types that a preamble names come first.
  append_file("kernels/common/types.cuh", &seen, &text);
  append_lines(source.preamble, "preamble", &seen, &text);
  const std::string path = "kernels/" + source.file;
  append_file(path, &seen, &text);
  return text;
}

std::string kernel_key(const KernelSource& source, std::string_view architecture) {
  return hash128_hex(fmt::format("{}\n{}", architecture, kernel_text(source)));
}

}  // namespace ingot
