// Sequences of samples from folders, lists and files: see include/ingot/samples.h.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>

#include "compiler/samples/batches.h"
#include "compiler/samples/reader_state.h"
#include "core/base/error.h"
#include "core/base/file.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> files_of_folder(const std::string& path) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    if (it->is_regular_file() && is_sample_file(it->path())) files.push_back(it->path());
  }
  if (error) {
    fail({"sample.unreadable", fmt::format("the folder cannot be read: {}", error.message()), path,
          "give a folder that may be read"});
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// A line of a list, without what would spoil a terminal.
std::string shown(std::string_view line) {
  constexpr size_t kMost = 80;
  std::string text(line.substr(0, kMost));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > '~') c = '?';
  }
  return line.size() > kMost ? text + "..." : text;
}

/// What is wrong with a line of a list: told before hours are spent on the lines before it.
std::optional<Problem> problem_of_line(std::string_view line, const fs::path& folder,
                                       const std::string& where) {
  constexpr size_t kLongestPath = 4096;
  const bool is_text = std::none_of(line.begin(), line.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' && c != '\t';
  });
  if (!is_text || line.size() > kLongestPath) {
    return Problem{"sample.bad_list", fmt::format("\"{}\" is no path", shown(line)), where,
                   "give a text file with a path a line"};
  }
  const std::string file = folder / line;
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (!fs::exists(status)) {
    return Problem{"sample.bad_list", fmt::format("there is nothing at \"{}\"", file), where,
                   "paths are relative to the list; remove the line, or correct it"};
  }
  if (!fs::is_regular_file(status) || !is_sample_file(file)) {
    return Problem{
        "sample.bad_list",
        fmt::format("\"{}\" is {}", file, fs::is_directory(status) ? "a folder" : "no sample"),
        where, "name .jpg, .jpeg, .png, .npy, .npz, .raw or .bin files"};
  }
  return std::nullopt;
}

/// A path a line; empty lines and those that begin with # are left out.
std::vector<std::string> files_of_list(const std::string& path) {
  constexpr size_t kMostProblems = 10;
  const auto mapped = MappedFile::open(path);
  const fs::path folder = fs::path(path).parent_path();
  std::string_view text(reinterpret_cast<const char*>(mapped->bytes().data()),
                        mapped->bytes().size());
  std::vector<std::string> files;
  Problems problems;
  for (int number = 1; !text.empty() && problems.all().size() < kMostProblems; ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (const auto problem = problem_of_line(line, folder, fmt::format("{}:{}", path, number))) {
      problems.add(*problem);
    } else {
      files.push_back(folder / line);
    }
  }
  problems.throw_if_any();
  return files;
}

std::vector<std::string> find_files(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    fail({"sample.not_found", fmt::format("there is nothing at \"{}\"", path), path,
          "give a folder, a list of files (.txt), one file, or a calibration cache"});
  }
  std::vector<std::string> files;
  if (fs::is_directory(status))
    files = files_of_folder(path);
  else if (path.ends_with(".txt"))
    files = files_of_list(path);
  else if (fs::is_fifo(status))
    fail({"sample.unknown_kind", "a pipe gives its data once, and samples are read by their place",
          path, "write the data to a file"});
  else
    files = {path};
  if (files.empty()) {
    fail({"sample.none", "there are no samples here", path,
          "put .jpg, .png, .npy, .npz or .raw files there, or their paths into the list"});
  }
  return files;
}

/// So many of them, spread evenly: the first ones of a folder are often of one class.
std::vector<std::string> spread(const std::vector<std::string>& files, int64_t limit) {
  const auto count = static_cast<int64_t>(files.size());
  if (limit <= 0 || count <= limit) return files;
  std::vector<std::string> result;
  for (int64_t i = 0; i < limit; ++i) {
    result.push_back(files[static_cast<size_t>(i * count / limit)]);
  }
  return result;
}

/// Items of a batch; 0: as the files have them.
int64_t batch_size(const std::vector<TensorInfo>& inputs, const SampleOptions& options,
                   bool images) {
  for (const TensorInfo& input : inputs) {
    if (input.dims.empty()) return 0;
  }
  if (inputs.empty()) return 0;
  const TensorInfo& first = inputs.front();
  if (first.dims[0] >= 0) return first.dims[0];
  if (options.batch > 0) return options.batch;
  // The first axis of a vector or matrix may be no batch.
  constexpr size_t kLeastRank = 3;
  const auto shape = options.shapes.find(first.name);
  if (images || first.dims.size() >= kLeastRank) {
    return shape == options.shapes.end() ? 1 : std::max<int64_t>(shape->second[0], 1);
  }
  return 0;
}

class FileSource : public SampleSource {
 public:
  FileSource(const std::string& path, const std::vector<TensorInfo>& inputs,
             const SampleOptions& options)
      : path_(path),
        reader_(inputs, options),
        limit_(options.limit),
        found_(find_files(path)),
        files_(spread(found_, options.limit)),
        images_(std::all_of(files_.begin(), files_.end(), SampleReader::is_image)),
        size_(batch_size(inputs, options, images_)),
        batches_(size_) {
    if (!images_ || static_cast<int64_t>(files_.size()) >= size_) return;
    too_few(static_cast<int64_t>(files_.size()));
  }

  bool next(Arrays* sample) override {
    reader_.release_pages();  // of the sample before
    while (!limit_reached()) {
      if (batches_.take(sample)) {
        given_ += std::max<int64_t>(size_, 1);
        return true;
      }
      if (next_ == files_.size()) break;
      const std::string& file = files_[next_++];
      batches_.add(reader_.read(file), file);
    }
    if (given_ == 0) too_few(batches_.left());
    return false;
  }

  int64_t count() const override {
    return images_ ? static_cast<int64_t>(files_.size()) / std::max<int64_t>(size_, 1) : -1;
  }

  std::string description() const override {
    const std::string_view what = images_ ? "image" : "file";
    if (found_.size() == 1) return fmt::format("\"{}\"", path_);
    if (files_.size() < found_.size()) {
      return fmt::format("{} of {} {}s of \"{}\"", files_.size(), found_.size(), what, path_);
    }
    return fmt::format("{} {}s of \"{}\"", files_.size(), what, path_);
  }

 private:
  bool limit_reached() const {
    return limit_ > 0 && given_ + std::max<int64_t>(size_, 1) > limit_ && given_ > 0;
  }

  [[noreturn]] void too_few(int64_t items) const {
    fail(
        {"sample.too_few",
         fmt::format("{} items are too few for the batch of {} that the model takes", items, size_),
         path_, "give more samples, or build for a smaller batch"});
  }

  std::string path_;
  SampleReader reader_;
  int64_t limit_;
  std::vector<std::string> found_, files_;
  bool images_;
  int64_t size_;
  Batches batches_;
  size_t next_ = 0;
  int64_t given_ = 0;
};

}  // namespace

std::unique_ptr<SampleSource> open_samples(const std::string& path,
                                           const std::vector<TensorInfo>& inputs,
                                           const SampleOptions& options) {
  return std::make_unique<FileSource>(path, inputs, options);
}

}  // namespace ingot
