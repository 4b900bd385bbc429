// The pointwise kernels for one instruction set; the build gives this file its flags.
#include "runtime/cpu/kernels/pointwise_kernels.h"
