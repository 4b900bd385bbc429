// Attention for one instruction set; the build gives this file its flags.
#include "runtime/cpu/kernels/attention_kernels.h"
