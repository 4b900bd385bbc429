// The text form of a preprocessing: see the header.
#include <fmt/core.h>

#include <charconv>
#include <functional>
#include <map>
#include <optional>

#include "compiler/samples/preprocess.h"
#include "core/base/error.h"

namespace ingot {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (true) {
    const size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

template <typename T>
std::optional<T> number(const std::string& text) {
  T value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

/// What is wrong with a value, or nothing.
using Complaint = std::string;

class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  Preprocess parse() {
    for (const std::string& item : split(text_, ',')) {
      const size_t equals = item.find('=');
      const std::string key = item.substr(0, equals);
      const auto known = setters().find(key);
      if (known == setters().end()) {
        wrong(fmt::format("there is no step \"{}\"", key), suggest(key, keys()));
        continue;
      }
      const std::string value = equals == std::string::npos ? "" : item.substr(equals + 1);
      const Complaint complaint = known->second(value);
      if (!complaint.empty()) wrong(fmt::format("{}={}: {}", key, value, complaint), kFix);
    }
    check();
    problems_.throw_if_any();
    return result_;
  }

 private:
  static constexpr const char* kFix =
      "write it as in resize=256,crop=224,mean=0.485:0.456:0.406,std=0.229:0.224:0.225";
  static constexpr int kLongestSide = 1 << 15;

  using Setter = std::function<Complaint(const std::string&)>;
  const std::map<std::string, Setter>& setters() {
    if (!setters_.empty()) return setters_;
    Preprocess& p = result_;
    setters_ = {
        {"resize", [this](const std::string& v) { return set_resize(v); }},
        {"letterbox", [this, &p](const std::string& v) { return set_size(v, &p.letterbox); }},
        {"crop", [this, &p](const std::string& v) { return set_size(v, &p.crop); }},
        {"pad", [this](const std::string& v) { return set_pad(v); }},
        {"scale", [this](const std::string& v) { return set_scale(v); }},
        {"mean", [&p](const std::string& v) { return set_list(v, false, &p.mean); }},
        {"std", [&p](const std::string& v) { return set_list(v, true, &p.std); }},
        {"filter",
         [&p](const std::string& v) {
           return choose<Preprocess::Filter>(v,
                                             {{"smooth", Preprocess::Filter::kSmooth},
                                              {"linear", Preprocess::Filter::kLinear},
                                              {"nearest", Preprocess::Filter::kNearest}},
                                             &p.filter);
         }},
        {"color",
         [&p](const std::string& v) {
           return choose<Preprocess::Color>(v,
                                            {{"rgb", Preprocess::Color::kRgb},
                                             {"bgr", Preprocess::Color::kBgr},
                                             {"gray", Preprocess::Color::kGray}},
                                            &p.color);
         }},
        {"layout", [&p](const std::string& v) {
           return choose<Preprocess::Layout>(
               v, {{"nchw", Preprocess::Layout::kNchw}, {"nhwc", Preprocess::Layout::kNhwc}},
               &p.layout);
         }}};
    return setters_;
  }
  std::vector<std::string> keys() {
    std::vector<std::string> names;
    for (const auto& [name, setter] : setters()) names.push_back(name);
    return names;
  }

  Complaint set_resize(const std::string& text) {
    if (text.find('x') != std::string::npos) return set_size(text, &result_.resize);
    Size square;
    Complaint complaint = set_size(text, &square);
    result_.resize_short = square.height;
    return complaint;
  }

  /// "224" or "480x640", height first.
  Complaint set_size(const std::string& text, Size* size) const {
    const std::vector<std::string> sides = split(text, 'x');
    const auto height = number<int>(sides.front()), width = number<int>(sides.back());
    const auto good = [](const std::optional<int>& side) {
      return side && *side > 0 && *side <= kLongestSide;
    };
    if (sides.size() > 2 || !good(height) || !good(width)) {
      return "a size is 224 or 480x640 (height, width)";
    }
    *size = {*height, *width};
    return {};
  }

  Complaint set_pad(const std::string& text) {
    const auto value = number<int>(text);
    if (!value || *value < 0 || *value > 255) return "a pixel is 0 to 255";
    result_.pad = *value;
    return {};
  }

  Complaint set_scale(const std::string& text) {
    const auto value = number<double>(text);
    if (!value || !(*value > 0)) return "pixels are divided by a positive number";
    result_.scale = *value;
    return {};
  }

  static Complaint set_list(const std::string& text, bool positive, std::vector<double>* list) {
    list->clear();
    for (const std::string& item : split(text, ':')) {
      const auto value = number<double>(item);
      if (!value || (positive && !(*value > 0))) {
        return positive ? "give positive numbers, 0.229:0.224:0.225"
                        : "give numbers, 0.485:0.456:0.406";
      }
      list->push_back(*value);
    }
    const bool fits = list->size() == 1 || list->size() == 3;
    return fits ? "" : "give one number, or one for each of three channels";
  }

  template <typename T>
  static Complaint choose(const std::string& text, const std::map<std::string, T>& words, T* to) {
    const auto found = words.find(text);
    if (found != words.end()) {
      *to = found->second;
      return {};
    }
    std::string known;
    for (const auto& [word, value] : words) known += (known.empty() ? "" : ", ") + word;
    return "give one of " + known;
  }

  void check() {
    const int sizes =
        (result_.resize_short > 0 ? 1 : 0) + (result_.resize ? 1 : 0) + (result_.letterbox ? 1 : 0);
    if (sizes > 1) wrong("an image is resized once", "give either resize or letterbox");
    constexpr double kNoMeanOfUnits = 2;
    for (const double mean : result_.mean) {
      if (std::abs(mean) <= kNoMeanOfUnits || result_.scale > 0) continue;
      wrong(fmt::format("a mean of {} with pixels from 0 to 1", mean),
            "add scale=1, which keeps pixels from 0 to 255");
      break;
    }
  }

  void wrong(std::string what, std::string fix) {
    problems_.add({"sample.bad_preprocess", std::move(what), text_, std::move(fix)});
  }

  const std::string& text_;
  Preprocess result_;
  std::map<std::string, Setter> setters_;
  Problems problems_;
};

}  // namespace

Preprocess parse_preprocess(const std::string& text) {
  return text.empty() ? Preprocess{} : Parser(text).parse();
}

}  // namespace ingot
