// The runner of the pipeline: everything around a pass that is not the rewrite itself.
#include "compiler/passes/pass_runner.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/log.h"

namespace ingot {

void PassContext::near_miss(const Graph& graph, NodeId node, std::string reason) {
  if (!near_misses_) return;
  NearMiss miss{std::string(pass_), node_label(graph, node), std::move(reason)};
  const bool known =
      std::any_of(near_misses_->begin(), near_misses_->end(), [&](const NearMiss& other) {
        return other.pass == miss.pass && other.node == miss.node && other.reason == miss.reason;
      });
  if (!known) near_misses_->push_back(std::move(miss));
}

void PassContext::near_miss(std::string reason) {
  if (!near_misses_) return;
  for (const NearMiss& other : *near_misses_) {
    if (other.pass == pass_ && other.node.empty() && other.reason == reason) return;
  }
  near_misses_->push_back({std::string(pass_), "", std::move(reason)});
}

namespace {

void check_names(std::span<const Pass> passes, const std::vector<std::string>& disabled) {
  std::vector<std::string> known;
  for (const Pass& pass : passes) {
    if (std::find(known.begin(), known.end(), pass.name) == known.end()) {
      known.emplace_back(pass.name);
    }
  }
  Problems problems;
  for (const std::string& name : disabled) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    problems.add({"passes.unknown", fmt::format("there is no pass \"{}\"", name),
                  "list of disabled passes", suggest(name, known)});
  }
  problems.throw_if_any();
}

/// Writes the graphs between the passes as 00_input.txt, 01_fold_constants.txt, ...
class Dumper {
 public:
  explicit Dumper(const std::string& directory) : directory_(directory) {
    if (directory_.empty()) return;
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    if (error) {
      fail({"passes.dump_failed",
            fmt::format("the directory \"{}\" cannot be made: {}", directory_, error.message()),
            "dump of the passes", "name a directory that you may write to"});
    }
  }

  void write(std::string_view pass, const std::string& text, bool changed) {
    if (directory_.empty()) return;
    const std::string path = fmt::format("{}/{:02}_{}.txt", directory_, count_++, pass);
    write_file_atomically(path, std::string_view(changed ? text : "(unchanged)\n"));
    if (changed) last_ = path;
  }

  /// The file that holds the graph as it is now, or how to get one.
  std::string last() const {
    return last_.empty() ? "dump the passes to see the graph before it"
                         : "graph before it: " + last_;
  }

 private:
  std::string directory_, last_;
  int count_ = 0;
};

/// Runs one pass and makes the types good again: a replacement may know its dims better than what
/// it replaces. A graph that cannot be walked or typed any more is the fault of the pass.
Graph run_checked(const Pass& pass, Graph graph, PassContext& context, bool with_verifier,
                  const Dumper& dumper) {
  graph = pass.function(std::move(graph), context);
  try {
    graph.reinfer();
    if (with_verifier) verify(graph);
  } catch (const Error& error) {
    Problems problems;
    problems.add({"passes.broke_graph", fmt::format("pass \"{}\" left a broken graph", pass.name),
                  dumper.last(),
                  fmt::format("skip it with --disable-pass={}, and report it", pass.name)});
    problems.add(error.problems());
    problems.throw_if_any();
  }
  return graph;
}

}  // namespace

Graph run_passes(Graph graph, std::span<const Pass> passes, const PassOptions& options,
                 const RunnerOptions& runner, PassReport* report) {
  check_names(passes, runner.disabled);
  Dumper dumper(runner.dump_directory);
  PassReport unread;
  PassReport& out = report ? *report : unread;
  std::string before = to_text(graph);
  dumper.write("input", before, true);
  int done = 0;
  for (const Pass& pass : passes) {
    if (runner.on_progress) runner.on_progress(pass.name, done, static_cast<int>(passes.size()));
    ++done;
    PassRun run{.name = std::string(pass.name)};
    run.skipped = std::find(runner.disabled.begin(), runner.disabled.end(), pass.name) !=
                  runner.disabled.end();
    if (!run.skipped) {
      const auto start = std::chrono::steady_clock::now();
      PassContext context(pass.name, options, &out.near_misses);
      graph = run_checked(pass, std::move(graph), context, runner.verify, dumper);
      run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      std::string after = to_text(graph);
      run.changed = after != before;
      before = std::move(after);
    }
    dumper.write(pass.name, before, run.changed);
    log_verbose("pass {}: {}, {:.1f} ms", pass.name,
                run.skipped   ? "skipped"
                : run.changed ? "changed"
                              : "unchanged",
                run.seconds * 1e3);
    out.runs.push_back(std::move(run));
  }
  return graph;
}

Graph run_passes(Graph graph, const PassOptions& options, const RunnerOptions& runner,
                 PassReport* report) {
  return run_passes(std::move(graph), pass_pipeline(), options, runner, report);
}

}  // namespace ingot
