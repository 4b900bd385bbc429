// The integer product kernels for one instruction set; the build gives this file its flags.
#include "runtime/cpu/kernels/integer_gemm_kernels.h"
