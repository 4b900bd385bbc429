// The inner loops of data movement for one instruction set; the build gives this file its flags.
#include "runtime/cpu/kernels/move_kernels.h"
