// NumPy's files: .npy holds an array, .npz (a zip archive) several by name.
#pragma once

#include <map>
#include <string>

#include "ingot/samples.h"

namespace ingot {

/// The array of a .npy file, in place where its memory is aligned; in Fortran's order it is turned.
/// Throws Error ("sample.bad_array") for what is damaged or has elements that are no numbers.
Array read_npy(const std::string& path);

/// The same for bytes that `owner` keeps alive.
Array parse_npy(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                const std::string& path);

/// The arrays of a .npz file, stored or deflated, by their names without ".npy".
Arrays read_npz(const std::string& path);

}  // namespace ingot
