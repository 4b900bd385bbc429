// How Ingot reports problems: `Error` is thrown by everything that compiles or loads;
// `Status` is returned by everything that runs.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace ingot {

/// One problem, as a person should read it.
struct Problem {
  std::string id;     ///< stable: "onnx.unsupported_attribute"; never reused for another meaning
  std::string what;   ///< what is wrong, with the offending values
  std::string where;  ///< file, node, section, flag; may be empty
  std::string fix;    ///< what to do about it

  /// The three-line form:
  ///   error[id]: what
  ///     where: ...
  ///     fix:   ...
  std::string to_string() const;
};

/// Thrown by building, reading and loading. Carries every problem found, not only the first.
class Error : public std::exception {
 public:
  explicit Error(Problem problem);
  explicit Error(std::vector<Problem> problems);
  const char* what() const noexcept override { return text_.c_str(); }
  const std::vector<Problem>& problems() const noexcept { return problems_; }

 private:
  std::vector<Problem> problems_;
  std::string text_;
};

enum class StatusCode {
  kOk,
  kNotFound,      ///< no tensor of that name
  kInvalid,       ///< wrong rank, null address, wrong element type
  kOutOfProfile,  ///< a shape outside [min, max] of the active profile
  kNotReady,      ///< an input without shape or address
  kBusy,          ///< the context is in use by another thread; nothing was changed
  kOutOfMemory,   ///< scratch memory could not be had; smaller shapes still run
  kFailed,        ///< a step failed; the message names it
};

/// Outcome of a run-time call. Cheap when ok; otherwise the message is for a person.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}
  bool ok() const noexcept { return code_ == StatusCode::kOk; }
  StatusCode code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

}  // namespace ingot
