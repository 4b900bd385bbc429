// Documents that trtexec writes: see the header.
#include "apps/trtexec/export.h"

#include <fmt/core.h>

#include "apps/common/files.h"

namespace ingot::apps {
namespace {

/// `items` as the elements of an array, one a line, as trtexec has it.
std::string json_array(const std::vector<std::string>& items) {
  std::string text = "[\n";
  for (size_t i = 0; i < items.size(); ++i) text += (i ? ", " : "  ") + items[i] + "\n";
  return text + "]\n";
}

}  // namespace

std::string times_json(const InferenceResult& result) {
  std::vector<std::string> items;
  items.reserve(result.runs.size());
  for (const RunTimes& run : result.runs) {
    const std::pair<const char*, double> fields[] = {{"startEnqMs", run.enqueue_start},
                                                     {"endEnqMs", run.enqueue_end},
                                                     {"startH2dMs", run.h2d_start},
                                                     {"endH2dMs", run.h2d_end},
                                                     {"startComputeMs", run.compute_start},
                                                     {"endComputeMs", run.compute_end},
                                                     {"startD2hMs", run.d2h_start},
                                                     {"endD2hMs", run.d2h_end},
                                                     {"h2dMs", run.h2d()},
                                                     {"computeMs", run.compute()},
                                                     {"d2hMs", run.d2h()},
                                                     {"latencyMs", run.latency()}};
    std::string item;
    for (const auto& [name, value] : fields) {
      item += fmt::format("{}\"{}\" : {}", item.empty() ? "{ " : ", ", name, json_number(value));
    }
    items.push_back(item + " }");
  }
  return json_array(items);
}

std::string outputs_json(const std::vector<HostTensor>& outputs) {
  std::vector<std::string> items;
  for (const HostTensor& output : outputs) {
    std::string values;
    for (double value : to_numbers(output)) {
      values += (values.empty() ? "" : ", ") + json_number(value);
    }
    items.push_back(
        fmt::format("{{ \"name\" : {}\n  , \"dimensions\" : {}\n  , \"values\" : [ {} ]\n  }}",
                    json_string(output.info.name), json_string(output.shape.to_string()), values));
  }
  return json_array(items);
}

std::string outputs_text(const std::vector<HostTensor>& outputs) {
  std::string text = "Output Tensors:\n";
  for (const HostTensor& output : outputs) {
    const int rank = output.shape.rank();
    const int64_t row = rank == 0 ? 1 : output.shape[rank - 1];
    text += fmt::format("{}: ({})", output.info.name, output.shape.to_string());
    int64_t column = 0;
    for (double value : to_numbers(output)) {
      text += fmt::format("{}{:g}", column == 0 ? "\n" : " ", value);
      column = (column + 1) % row;
    }
    text += '\n';
  }
  return text;
}

}  // namespace ingot::apps
