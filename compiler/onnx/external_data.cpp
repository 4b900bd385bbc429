// Finding, checking and mapping the files of external tensors.
#include "compiler/onnx/external_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>

#include "core/base/error.h"

namespace ingot::onnx {
namespace {

namespace fs = std::filesystem;

bool is_inside(const fs::path& file, const fs::path& folder) {
  const auto rest = std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
  return !folder.empty() && rest.first == folder.end();
}

bool climbs_or_starts_elsewhere(const fs::path& location) {
  if (location.is_absolute()) return true;
  return std::find(location.begin(), location.end(), "..") != location.end();
}

std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

const StringEntry* entry(const TensorProto& tensor, std::string_view key) {
  for (const StringEntry& candidate : tensor.external_data) {
    if (candidate.key == key) return &candidate;
  }
  return nullptr;
}

/// The number under `key`, or nothing where the key is absent. Throws for other text.
std::optional<uint64_t> number_entry(const TensorProto& tensor, std::string_view key,
                                     const std::string& label, const std::string& where) {
  const StringEntry* found = entry(tensor, key);
  if (!found) return std::nullopt;
  const auto value = number(found->value);
  if (value) return value;
  fail({"onnx.bad_external_data",
        fmt::format("the {} of the external data of {} is not a number: \"{}\"", key, label,
                    found->value),
        where, "export the model again"});
}

}  // namespace

std::shared_ptr<const MappedFile> ExternalData::map(const std::string& location,
                                                    const std::string& label,
                                                    const std::string& where) {
  if (const auto known = files_.find(location); known != files_.end()) return known->second;
  const auto refuse = [&](std::string_view reason) {
    fail({"onnx.external_data_outside",
          fmt::format("the external data of {} is refused: \"{}\" {}", label, location, reason),
          where, "keep the data file in the model's folder and name it relative to that folder"});
  };
  if (directory_.empty()) refuse("cannot be found for a model that was not read from a file");
  if (climbs_or_starts_elsewhere(location)) refuse("leaves the model's folder");

  std::error_code error;
  const fs::path file = fs::canonical(fs::path(directory_) / location, error);
  if (error) {
    fail({"onnx.external_data_missing",
          fmt::format("the external data of {} is missing: \"{}\": {}", label, location,
                      error.message()),
          where, "copy the data file into the model's folder, under that name"});
  }
  const fs::path folder = fs::canonical(directory_, error);
  const fs::path target = fs::canonical(model_path_, error);
  const bool inside = is_inside(file, folder) || (!error && is_inside(file, target.parent_path()));
  if (!inside) refuse("is a link that leaves the model's folder");
  try {
    return files_[location] = MappedFile::open(file.string());
  } catch (const Error& error) {
    Problem problem = error.problems().front();
    problem.what = fmt::format("the external data of {}: {}", label, problem.what);
    problem.where = where;
    fail(std::move(problem));
  }
}

FileSlice ExternalData::open(const TensorProto& tensor, size_t size, const std::string& label,
                             const std::string& where) {
  const StringEntry* location = entry(tensor, "location");
  if (!location || location->value.empty() ||
      location->value.find('\0') != std::string_view::npos) {
    fail({"onnx.bad_external_data", fmt::format("the external data of {} names no file", label),
          where, "export the model again"});
  }
  const uint64_t offset = number_entry(tensor, "offset", label, where).value_or(0);
  const uint64_t length = number_entry(tensor, "length", label, where).value_or(size);
  if (length != size) {
    fail(
        {"onnx.size_mismatch",
         fmt::format("{}: its shape takes {} bytes, its external data has {}", label, size, length),
         where, "export the model again"});
  }
  if (size == 0) return {};
  const auto file = map(std::string(location->value), label, where);
  const uint64_t available = file->bytes().size();
  if (offset > available || size > available - offset) {
    fail({"onnx.external_data_short",
          fmt::format("the external data of {} ends at byte {} of \"{}\", which has {}", label,
                      offset > UINT64_MAX - size ? UINT64_MAX : offset + size, location->value,
                      available),
          where, "fetch the data file again: it is cut off or belongs to another model"});
  }
  return {file->bytes().subspan(offset, size), file};
}

}  // namespace ingot::onnx
