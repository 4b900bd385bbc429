// Resident memory that is not needed any more.
#pragma once

namespace ingot {

/// Takes the code of Ingot's and oneDNN's libraries out of this process's resident memory. Making
/// oneDNN's primitives touches some 20 MiB of code, running them 2; what runs again is mapped again
/// from the page cache.
void release_library_code();

}  // namespace ingot
