// The Winograd transforms for one instruction set; the build gives this file its flags.
#include "runtime/cpu/kernels/winograd_kernels.h"
