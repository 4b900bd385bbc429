// Which precisions an engine gets, by measurement: lower ones are permissions, taken where they are
// faster.
#pragma once

#include <functional>

#include "compiler/driver/compilation.h"
#include "compiler/driver/precision_report.h"

namespace ingot {

struct ChosenEngine {
  Compilation compilation;
  ScheduledPlan scheduled;             ///< as placed, before packing
  Plan plan;                           ///< packed
  Reasons taken_out;                   ///< nodes that the build itself keeps out of a precision
  std::vector<std::string> decisions;  ///< one sentence each
};

/// Microseconds of a run of each engine.
using MeasureEngines =
    std::function<std::vector<double>(Compiler*, const std::vector<const ChosenEngine*>&)>;

/// By running them in turns. The same engines have the same times as long as the timing cache knows
/// them, so that a build can be repeated.
std::vector<double> measure_engines(Compiler* compiler,
                                    const std::vector<const ChosenEngine*>& engines);

/// FP32 alone: one compilation. 16-bit floats on a CPU, and 8-bit numbers anywhere, are compared with
/// what there would be without them: the model is compiled in both ways, nodes whose steps are slower
/// in the lower precision, conversions included, go back until none is, then the engines (without,
/// with, that mixture) are run against each other and the fastest is taken. Nodes that the user wants
/// in a precision stay there, and with BuildOptions::force_int8 all do. On a GPU 16-bit floats are
/// taken uncompared: tensor cores make them faster, and the comparison would double the build.
ChosenEngine choose_engine(Compiler* compiler, const Precisions& allowed,
                           const MeasureEngines& measure = measure_engines);

/// Placed and packed.
ChosenEngine finish_engine(Compiler* compiler, Compilation compilation);

}  // namespace ingot
