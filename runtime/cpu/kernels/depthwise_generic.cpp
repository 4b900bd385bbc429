// Depthwise convolution for one instruction set; the build gives this file its flags.
#include "runtime/cpu/kernels/depthwise_kernels.h"
