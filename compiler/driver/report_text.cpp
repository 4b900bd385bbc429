// The reports of a build for people: see the header and ingot/precision.h.
#include "compiler/driver/report_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace ingot {

std::string output_line(const OutputAccuracy& output) {
  if (!output.compared) {
    return fmt::format("{}: not compared, its size depends on data and differs", output.name);
  }
  std::string line = fmt::format(
      "{}: relative error {:.2e}, worst channel {:.2e}, cosine {:.6f}, max {:.2e} of {:.3g}",
      output.name, output.relative, output.worst_channel, output.cosine, output.max_abs,
      output.range);
  if (output.top1 >= 0) line += fmt::format(", same largest in {:.1f} %", 100 * output.top1);
  if (!output.finite) line += ", NaN or infinite";
  return line + (output.passed ? "" : ": too far");
}

std::vector<std::string> report_lines(const PrecisionReport& report) {
  std::string summary = "Layers by precision:";
  for (const auto& [precision, count] : report.layers) {
    summary += fmt::format("{} {} {}", summary.back() == ':' ? "" : ",", precision, count);
  }
  std::vector<std::string> lines = {summary};
  for (const std::string& decision : report.decisions) lines.push_back("  " + decision);
  for (const PrecisionReport::Kept& kept : report.kept) {
    constexpr size_t kMost = 4;
    std::string names;
    for (size_t i = 0; i < kept.layers.size() && i < kMost; ++i) {
      names += (i ? ", " : "") + kept.layers[i];
    }
    const size_t more = kept.layers.size() - std::min(kMost, kept.layers.size());
    if (more > 0) names += fmt::format(" and {} more", more);
    lines.push_back(fmt::format("  {} {}: {}", kept.layers.size(), kept.reason, names));
  }
  return lines;
}

std::vector<std::string> report_lines(const AccuracyReport& report) {
  if (!report.checked) return {};
  std::vector<std::string> lines = {
      fmt::format("Accuracy against {} on {}: {} (tolerance {:g})", report.reference, report.data,
                  report.passed ? "good" : "NOT reached", report.tolerance)};
  for (const OutputAccuracy& output : report.outputs) {
    lines.push_back("  " + output_line(output));
    if (output.compared && output.tolerance < report.tolerance) {
      lines.back() += fmt::format(" (tolerance {:g}: numbers at places)", output.tolerance);
    }
  }
  if (!report.raised.empty()) {
    lines.push_back(fmt::format("  raised to a higher precision for it ({:+.0f} us a run): {}",
                                report.cost_us, fmt::join(report.raised, ", ")));
  }
  return lines;
}

}  // namespace ingot
