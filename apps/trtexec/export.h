// Documents of times and outputs that trtexec writes, and the outputs as text.
#pragma once

#include <string>
#include <vector>

#include "apps/common/tensors.h"
#include "apps/trtexec/report.h"

namespace ingot::apps {

/// --exportTimes: one object a run, warm-up excluded.
std::string times_json(const InferenceResult& result);

/// --exportOutput: name, dimensions and values of each output; NaN and infinities are null.
std::string outputs_json(const std::vector<HostTensor>& outputs);

/// --dumpOutput: values in rows of the last axis.
std::string outputs_text(const std::vector<HostTensor>& outputs);

}  // namespace ingot::apps
