// Softmax and normalisation of rows for one instruction set; the build gives this file its flags.
#include "runtime/cpu/kernels/row_kernels.h"
