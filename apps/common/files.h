// Text and data files that the programs write.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace ingot::apps {

/// Throws Error ("file.write_failed") naming the path and the reason.
void write_file(const std::string& path, std::string_view text);
void write_file(const std::string& path, std::span<const std::byte> data);

/// "text" as a JSON string, quotes and all; bytes that are no UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

/// A number of JSON; what JSON has no word for (NaN, infinities) is null.
std::string json_number(double value);

}  // namespace ingot::apps
