// Every environment variable that Ingot reads, in one table (`ingot env` prints it).
#pragma once

#include <span>
#include <string>

namespace ingot {

struct EnvironmentVariable {
  const char* name;
  const char* help;  ///< one sentence
};

std::span<const EnvironmentVariable> environment_variables();

/// Value of a variable of the table; empty if unset.
std::string environment_value(const char* name);

}  // namespace ingot
