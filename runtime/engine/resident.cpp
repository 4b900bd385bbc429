// Finds the libraries among the loaded objects: see the header.
#include "runtime/engine/resident.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ingot {
namespace {

int release_code(dl_phdr_info* object, size_t /*size*/, void* /*data*/) {
  const std::string_view path = object->dlpi_name ? object->dlpi_name : "";
  const std::string_view name = path.substr(path.find_last_of('/') + 1);
  if (!name.starts_with("libdnnl") && !name.starts_with("libingot_")) return 0;
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    // Pages that were never written can be read from the file again.
    if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X) || (segment.p_flags & PF_W)) {
      continue;
    }
    const uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) / page * page;
    const uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void release_library_code() { dl_iterate_phdr(release_code, nullptr); }

}  // namespace ingot
