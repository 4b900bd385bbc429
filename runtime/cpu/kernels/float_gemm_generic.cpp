// The float product kernels for one instruction set; the build gives this file its flags.
#include "runtime/cpu/kernels/float_gemm_kernels.h"
