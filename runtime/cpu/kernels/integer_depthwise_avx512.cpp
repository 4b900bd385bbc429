// The integer depthwise kernels for one instruction set; the build gives this file its flags.
#include "runtime/cpu/kernels/integer_depthwise_kernels.h"
