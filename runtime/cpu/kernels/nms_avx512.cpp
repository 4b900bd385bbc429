// Non-maximum suppression for one instruction set; the build gives this file its flags.
#include "runtime/cpu/kernels/nms_kernels.h"
