// Whether the process may start the threads that an engine wants.
#pragma once

namespace ingot {

/// Throws Error ("device.too_many_threads") with sizes and limits unless `count` threads can run at
/// a time. OpenMP ends the process where it cannot start one, so this is asked before it is used.
void require_threads(int count);

}  // namespace ingot
