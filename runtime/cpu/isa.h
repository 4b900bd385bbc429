// Which instruction set our own kernels use. A kernel family is one header of bodies
// (kernels/x_kernels.h) included by x_generic.cpp, x_avx2.cpp and x_avx512.cpp, which differ only in
// compiler flags; each gives a table of functions, and the processor chooses one table.
#pragma once

namespace ingot {

enum class Isa { kGeneric, kAvx2, kAvx512 };

/// The widest that this processor has; INGOT_ISA=generic|avx2 holds it back. Asked once.
Isa kernel_isa();

/// "generic", "avx2", "avx512": as implementations name it.
const char* kernel_isa_name();

/// Declares the three tables of a kernel family and `name()`, which gives the one to use.
#define INGOT_KERNEL_TABLE(Table, name)                 \
  namespace generic {                                   \
  extern const Table name##_table;                      \
  }                                                     \
  namespace avx2 {                                      \
  extern const Table name##_table;                      \
  }                                                     \
  namespace avx512 {                                    \
  extern const Table name##_table;                      \
  }                                                     \
  inline const Table& name(Isa isa = kernel_isa()) {    \
    return isa == Isa::kAvx512 ? avx512::name##_table   \
           : isa == Isa::kAvx2 ? avx2::name##_table     \
                               : generic::name##_table; \
  }                                                     \
  static_assert(true)

}  // namespace ingot
