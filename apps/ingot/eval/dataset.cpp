// Lists and class folders: see the header.
#include "apps/ingot/eval/dataset.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>

#include "ingot/error.h"

namespace ingot::apps {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostClasses = 1 << 20;

[[noreturn]] void fail(Problem problem) { throw Error(std::move(problem)); }

std::optional<int64_t> to_class(std::string_view text) {
  int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && stop == text.data() + text.size();
  if (!whole || value < 0 || value >= kMostClasses) return std::nullopt;
  return value;
}

/// A path of a list: as it is, or relative to the list's folder.
std::string beside(const std::string& list, const std::string& path) {
  return fs::path(path).is_absolute() ? path : (fs::path(list).parent_path() / path).string();
}

struct Line {
  int number;
  std::string path, second;
};

/// Lines `path,second`, split at the last comma.
std::vector<Line> read_list(const std::string& list, std::string_view second) {
  std::ifstream file(list);
  if (!file) {
    fail({"eval.unreadable", fmt::format("cannot read \"{}\"", list), "--data=" + list,
          "check the path; a relative one starts at the current folder"});
  }
  std::vector<Line> lines;
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    if (text.ends_with('\r')) text.pop_back();
    if (text.empty()) continue;
    const size_t comma = text.rfind(',');
    if (comma == std::string::npos || comma == 0 || comma + 1 == text.size()) {
      fail({"eval.bad_list", fmt::format("\"{}\" is not path,{}", text, second),
            fmt::format("{}, line {}", list, number),
            fmt::format("write the path of a sample, a comma and the {}", second)});
    }
    size_t start = comma + 1;
    while (start < text.size() && text[start] == ' ') ++start;
    lines.push_back({number, beside(list, text.substr(0, comma)), text.substr(start)});
  }
  return lines;
}

Dataset read_labels(const std::string& list) {
  Dataset data;
  const std::vector<Line> lines = read_list(list, "label");
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::optional<int64_t> label = to_class(lines[i].second);
    if (!label && i == 0) continue;  // the names of the columns
    if (!label) {
      fail({"eval.bad_list",
            fmt::format("\"{}\" is no class: a number from 0 to {}", lines[i].second,
                        kMostClasses - 1),
            fmt::format("{}, line {}", list, lines[i].number),
            "write the index of the class in the model's output"});
    }
    data.samples.push_back({lines[i].path, *label, {}, {}});
    data.classes = std::max(data.classes, *label + 1);
  }
  return data;
}

std::vector<fs::path> sorted_entries(const fs::path& folder, bool folders) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const bool hidden = entry.path().filename().string().starts_with('.');
    if (!hidden && entry.is_directory() == folders) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

Dataset read_class_folders(const std::string& folder) {
  const std::vector<fs::path> folders = sorted_entries(folder, true);
  const bool numbered = std::all_of(folders.begin(), folders.end(), [](const fs::path& path) {
    return to_class(path.filename().string()).has_value();
  });
  Dataset data;
  for (size_t i = 0; i < folders.size(); ++i) {
    const int64_t label =
        numbered ? *to_class(folders[i].filename().string()) : static_cast<int64_t>(i);
    for (const fs::path& file : sorted_entries(folders[i], false)) {
      data.samples.push_back({file.string(), label, {}, {}});
    }
    data.classes = std::max(data.classes, label + 1);
  }
  return data;
}

void check_any(const Dataset& data, const std::string& path) {
  if (!data.samples.empty()) return;
  fail({"eval.no_samples", fmt::format("there is no labelled sample in \"{}\"", path),
        "--data=" + path,
        "for top1: a folder with a folder for each class, or a .csv of lines path,label; for "
        "miou: a .csv of lines path,mask; for map: COCO's annotations as .json"});
}

}  // namespace

Dataset read_classes(const std::string& path) {
  Dataset data = fs::is_directory(path) ? read_class_folders(path) : read_labels(path);
  check_any(data, path);
  data.description =
      fmt::format("{} samples in {} classes of \"{}\"", data.samples.size(), data.classes, path);
  return data;
}

Dataset read_masks(const std::string& path) {
  Dataset data;
  const std::vector<Line> lines = read_list(path, "mask");
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i == 0 && lines[i].second == "mask") continue;  // the names of the columns
    data.samples.push_back({lines[i].path, -1, beside(path, lines[i].second), {}});
  }
  check_any(data, path);
  data.description = fmt::format("{} samples of \"{}\"", data.samples.size(), path);
  return data;
}

void keep_evenly(int64_t most, std::vector<LabelledSample>* samples) {
  const auto count = static_cast<int64_t>(samples->size());
  if (most <= 0 || count <= most) return;
  std::vector<LabelledSample> kept;
  for (int64_t i = 0; i < most; ++i) {
    kept.push_back(std::move((*samples)[static_cast<size_t>(i * count / most)]));
  }
  *samples = std::move(kept);
}

}  // namespace ingot::apps
