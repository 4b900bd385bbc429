// TensorRT's calibration cache: see the header.
#include "compiler/quant/calibration_cache.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "core/base/file.h"

namespace ingot {
namespace {

constexpr std::string_view kStart = "TRT-";
const std::vector<std::string> kAlgorithms = {"EntropyCalibration2", "MinMaxCalibration",
                                              "EntropyCalibration", "LegacyCalibration"};
// TensorRT 7.0.0 is 7000, 8.6.1 is 8601; from 10.0.0 on it is 100000.
constexpr int kOldest = 7000, kNewestOfFour = 9999, kFirstOfSix = 100000, kLast = 109999;
constexpr size_t kMostProblems = 20;
constexpr size_t kLongestName = 65536, kLargestFile = size_t{256} << 20;

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// The whole text as a number in this base, or nothing.
template <typename T>
std::optional<T> number(std::string_view text, int base) {
  T value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || stop != text.data() + text.size() || text.starts_with('-')) {
    return std::nullopt;
  }
  return value;
}

class Reader {
 public:
  explicit Reader(std::string_view path) : path_(path) {}

  CalibrationCache read(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    bool first = true;
    for (size_t begin = 0; begin < text.size() || first;) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      const std::string_view line = without_return(text.substr(begin, end - begin));
      begin = end + 1;
      ++line_;
      if (first) {
        read_header(line);
        first = false;
      } else if (line.find_first_not_of(" \t") != std::string_view::npos) {
        read_line(line);
      }
    }
    if (problems_.all().empty() && cache_.scales.empty()) {
      wrong("the cache has no line of a tensor after its first one",
            "calibrate again with `ingot calibrate`");
    }
    problems_.throw_if_any();
    return std::move(cache_);
  }

 private:
  void read_header(std::string_view line) {
    constexpr std::string_view kFix =
        "a cache begins with a line like \"TRT-8601-EntropyCalibration2\"; make one with `ingot "
        "calibrate`";
    const size_t dash = line.find('-', kStart.size());
    if (!line.starts_with(kStart) || dash == std::string_view::npos) {
      return wrong(fmt::format("\"{}\" is no first line of a calibration cache", shown(line)),
                   std::string(kFix));
    }
    const auto version = number<int>(line.substr(kStart.size(), dash - kStart.size()), 10);
    const bool known = version && ((*version >= kOldest && *version <= kNewestOfFour) ||
                                   (*version >= kFirstOfSix && *version <= kLast));
    if (!known) {
      return wrong(
          fmt::format("\"{}\" is no version of TensorRT 7 to 10",
                      shown(line.substr(kStart.size(), dash - kStart.size()))),
          "8.6.1 is written as 8601, 10.16.1 as 101601; calibrate again where the format changed");
    }
    cache_.version = *version;
    cache_.algorithm = std::string(line.substr(dash + 1));
    const bool named =
        std::find(kAlgorithms.begin(), kAlgorithms.end(), cache_.algorithm) != kAlgorithms.end();
    if (!named) {
      wrong(fmt::format("there is no calibration \"{}\"", shown(cache_.algorithm)),
            suggest(cache_.algorithm, kAlgorithms));
    }
  }

  void read_line(std::string_view line) {
    const size_t colon = line.rfind(": ");
    if (colon == std::string_view::npos || colon == 0) {
      return wrong(fmt::format("\"{}\" is no tensor with its scale", shown(line)),
                   "write \"name: 3c010a14\", or remove the line");
    }
    if (colon > kLongestName) {
      return wrong(
          fmt::format("\"{}\" with its {} bytes is no name of a tensor", shown(line), colon),
          "calibrate again: the file is damaged");
    }
    const std::string name(line.substr(0, colon));
    std::string_view digits = line.substr(colon + 2);
    while (digits.ends_with(' ') || digits.ends_with('\t')) digits.remove_suffix(1);
    const auto bits = digits.size() <= 8 ? number<uint32_t>(digits, 16) : std::nullopt;
    if (!bits) {
      return wrong(fmt::format("the scale \"{}\" of \"{}\" is no hexadecimal number of up to 8 "
                               "digits",
                               shown(digits), shown(name)),
                   "it is the bits of a 32-bit float: 1.0 is 3f800000; or remove the line");
    }
    const float scale = std::bit_cast<float>(*bits);
    if (!std::isfinite(scale) || std::signbit(scale)) {
      return wrong(fmt::format("the scale {} of \"{}\" is {}", shown(digits), shown(name),
                               std::isfinite(scale) ? "negative" : "not finite"),
                   "calibrate again, or remove the line: the tensor then stays float");
    }
    const auto [known, fresh] = cache_.scales.emplace(name, scale);
    if (fresh) {
      lines_[name] = line_;
    } else if (known->second != scale) {
      wrong(fmt::format("\"{}\" has another scale than in line {}", shown(name), lines_[name]),
            "remove one of the two lines");
    }
  }

  void wrong(std::string what, std::string fix) {
    if (problems_.all().size() >= kMostProblems) return;
    problems_.add({"calibration.bad_cache", std::move(what), fmt::format("{}:{}", path_, line_),
                   std::move(fix)});
  }

  /// Text of the file as a message may have it: short, and nothing that a terminal obeys.
  static std::string shown(std::string_view text) {
    constexpr size_t kLongest = 80;
    std::string result(text.substr(0, kLongest));
    for (char& c : result) {
      if (static_cast<unsigned char>(c) < ' ') c = '?';
    }
    return text.size() > kLongest ? result + "..." : result;
  }

  std::string_view path_;
  CalibrationCache cache_;
  std::map<std::string, int> lines_;
  Problems problems_;
  int line_ = 0;
};

}  // namespace

std::string CalibrationCache::version_text() const {
  if (version < kFirstOfSix) {
    return fmt::format("{}.{}.{}", version / 1000, version / 100 % 10, version % 100);
  }
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

bool is_calibration_cache(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text.starts_with(kStart);
}

CalibrationCache parse_calibration_cache(std::string_view text, std::string_view path) {
  return Reader(path).read(text);
}

CalibrationCache read_calibration_cache(const std::string& path) {
  const auto file = MappedFile::open(path);
  if (file->bytes().size() > kLargestFile) {
    fail({"calibration.bad_cache",
          fmt::format("with {} MiB the file is too large for a calibration cache",
                      file->bytes().size() >> 20),
          path, "give the cache, which has a line for each tensor"});
  }
  return parse_calibration_cache(
      {reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()}, path);
}

std::string to_text(const CalibrationCache& cache) {
  std::string text = fmt::format("{}{}-{}\n", kStart, cache.version, cache.algorithm);
  for (const auto& [name, scale] : cache.scales) {
    if (name.find_first_of("\r\n") != std::string::npos) continue;
    text += fmt::format("{}: {:x}\n", name, std::bit_cast<uint32_t>(scale));
  }
  return text;
}

}  // namespace ingot
