// Nearest names for a misspelt one, and shapes as text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingot/types.h"

namespace ingot::apps {

/// `did you mean --fp16, --bf16?`, or a pointer to --help.
std::string nearest_hint(std::string_view name, std::span<const std::string> known);

/// "1x3x224x224"; empty or "scalar" for a scalar. Throws UsageError.
Shape parse_shape(std::string_view flag, const std::string& text);

/// Whether `name` is of the glob `pattern`: '*' stands for any text, '?' for one character.
bool matches_glob(std::string_view pattern, std::string_view name);

/// Name for a file: everything but letters, digits, '.', '_' and '-' becomes '_'.
std::string file_name_for(std::string_view tensor_name);

}  // namespace ingot::apps
