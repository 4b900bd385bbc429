// Where our own libraries lie: what is loaded later is looked for beside them.
#pragma once

#include <string>

namespace ingot {

/// The folder of the library (or program) that has the code at `address`; "." if none is known.
std::string folder_of_code(const void* address);

}  // namespace ingot
