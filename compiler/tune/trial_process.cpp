// The side that starts processes, hands them steps and waits for their answers.
#include "compiler/tune/trial_process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "compiler/tune/trial_answer.h"
#include "core/base/code_folder.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/plan/writer.h"

namespace ingot {
namespace {

using Clock = std::chrono::steady_clock;

std::mutex& program_mutex() {
  static std::mutex mutex;
  return mutex;
}
std::optional<TrialProgram>& given_program() {
  static std::optional<TrialProgram> program;
  return program;
}

/// A folder for plans that goes away with what is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "ingot-trials-XXXXXX";
    if (!mkdtemp(pattern.data())) {
      fail({"file.write_failed", fmt::format("no folder can be made: {}", std::strerror(errno)),
            pattern, "set TMPDIR to a folder that can be written"});
    }
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(int number) const { return fmt::format("{}/{}.plan", path_, number); }

 private:
  std::string path_;
};

/// The program while it runs, and the socket that is its standard input and output.
class Process {
 public:
  explicit Process(const TrialProgram& program) : program_(program) {}
  ~Process() { end(); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// False, with the reason, if it does not come up.
  bool start(std::string* why) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      *why = std::strerror(errno);
      return false;
    }
    socket_ = ends[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    std::vector<char*> words;
    for (const std::string& word : program_.command)
      words.push_back(const_cast<char*>(word.data()));
    words.push_back(nullptr);
    const int failed = posix_spawnp(&pid_, words[0], &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    if (failed != 0) {
      pid_ = -1;
      end();
      *why = fmt::format("{} cannot be started: {}", words[0], std::strerror(failed));
      return false;
    }
    const auto answer = wait_for_answer(program_.start_seconds, why);
    if (answer && *answer == kTrialReady) return true;
    if (answer) *why = *answer;
    end();
    return false;
  }

  bool running() const { return pid_ > 0; }

  /// Why the step of this file must not be run, or nothing. Ends the process if it is of no more use.
  std::string run(const std::string& file) {
    const std::string line = file + "\n";
    std::string why;
    if (send(socket_, line.data(), line.size(), MSG_NOSIGNAL) != std::ssize(line)) {
      why = how_it_ended();
    } else if (const auto answer = wait_for_answer(program_.seconds, &why)) {
      if (answer->starts_with(kTrialFault)) {
        why = answer->substr(kTrialFault.size());
        end();  // its GPU context is lost
      }
      return why;
    }
    end();
    return why;
  }

 private:
  /// The next line that is an answer; none, with the reason, if it does not come.
  std::optional<std::string> wait_for_answer(double seconds, std::string* why) {
    const auto until = Clock::now() + std::chrono::duration<double>(seconds);
    for (;;) {
      for (size_t end = 0; (end = text_.find('\n')) != std::string::npos;) {
        const std::string line = text_.substr(0, end);
        text_.erase(0, end + 1);
        // Libraries may print what they like.
        if (line.starts_with(kTrialAnswer)) return line.substr(kTrialAnswer.size());
      }
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
      if (left.count() <= 0) {
        *why = fmt::format("it did not end within {:.0f} s in a process of its own", seconds);
        return std::nullopt;
      }
      pollfd waiting = {socket_, POLLIN, 0};
      if (poll(&waiting, 1, static_cast<int>(left.count()) + 1) <= 0) continue;
      char bytes[4096];
      const ssize_t got = recv(socket_, bytes, sizeof bytes, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        *why = how_it_ended();
        return std::nullopt;
      }
      text_.append(bytes, static_cast<size_t>(got));
    }
  }

  /// It has closed its socket: it is gone, or about to go.
  std::string how_it_ended() {
    int status = 0;
    kill_after(std::chrono::seconds(5), &status);
    if (WIFSIGNALED(status)) {
      return fmt::format("it crashed in a process of its own ({})", strsignal(WTERMSIG(status)));
    }
    return fmt::format("it ended a process of its own (exit code {})", WEXITSTATUS(status));
  }

  void kill_after(Clock::duration patience, int* status) {
    const auto until = Clock::now() + patience;
    while (pid_ > 0) {
      if (waitpid(pid_, status, WNOHANG) != 0) {
        pid_ = -1;
      } else if (Clock::now() >= until) {
        kill(pid_, SIGKILL);
        waitpid(pid_, status, 0);
        pid_ = -1;
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    }
  }

  void end() {
    int ignored = 0;
    kill_after({}, &ignored);
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
    text_.clear();
  }

  const TrialProgram& program_;
  pid_t pid_ = -1;
  int socket_ = -1;
  std::string text_;
};

}  // namespace

TrialProgram default_trial_program(int device) {
  const std::string beside = folder_of_code(reinterpret_cast<const void*>(&default_trial_program));
  // Libraries lie in lib/, programs in bin/; a static build is a program itself.
  for (const char* place : {"/../bin/ingot", "/ingot"}) {
    const std::string path = beside + place;
    if (access(path.c_str(), X_OK) == 0) return {{path, "try-steps", std::to_string(device)}};
  }
  return {};
}

void set_trial_program(TrialProgram program) {
  const std::lock_guard lock(program_mutex());
  given_program() = std::move(program);
}

TrialProgram trial_program(int device) {
  const std::lock_guard lock(program_mutex());
  return given_program() ? *given_program() : default_trial_program(device);
}

std::map<std::string, std::string> try_apart(
    const std::vector<TrialOfStep>& steps, const TrialProgram& program, int processes,
    const std::function<bool(int done, int total)>& go_on) {
  std::map<std::string, std::string> reasons;
  if (steps.empty()) return reasons;
  const auto warn = [](const std::string& why) {
    log_warning(
        "candidates are run in this process at once, where one that crashes ends the build: {}",
        why);
  };
  if (program.command.empty()) {
    warn("the program ingot is not beside Ingot's libraries");
    return reasons;
  }
  const TemporaryFolder folder;
  std::mutex mutex;
  int next = 0, done = 0;
  bool stop = false;
  const auto work = [&] {
    Process process(program);
    for (;;) {
      std::unique_lock lock(mutex);
      if (stop || next == std::ssize(steps) || !go_on(done, static_cast<int>(std::ssize(steps)))) {
        stop = true;
        return;
      }
      const int number = next++;
      const TrialOfStep& step = steps[static_cast<size_t>(number)];
      std::optional<Plan> plan;
      try {
        plan = step.make_plan();
      } catch (const Error&) {
        // Whoever runs it next reports that.
      }
      lock.unlock();
      std::string why;
      if (plan && !process.running() && !process.start(&why)) {
        lock.lock();
        if (!stop) warn(why);
        stop = true;
        return;
      }
      if (plan) {
        const std::string file = folder.file(number);
        write_file_atomically(file, write_plan(*plan));
        why = process.run(file);
        std::filesystem::remove(file);
      }
      lock.lock();
      ++done;
      if (!why.empty()) reasons[step.key] = why;
    }
  };
  std::exception_ptr failure;
  const auto guarded = [&] {
    try {
      work();
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
      stop = true;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < std::clamp(processes, 1, static_cast<int>(std::ssize(steps))); ++i) {
    threads.emplace_back(guarded);
  }
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
  return reasons;
}

}  // namespace ingot
