// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace matome::base {

/// Whose fault an error is. Each code stands for one exit code of the program (see ExitCodeOf),
/// because that is what a caller can act on.
enum class Code : uint8_t {
  kOk,
  kFailed,  // Ours, or none of the below: a bug, a day that cannot fit into memory, a full disk.
  kUsage,   // The command line, or something it names that is not there.
  kStoreUnavailable,     // The object store does not answer or denies access.
  kLocked,               // Another run holds the lock.
  kDatabaseUnavailable,  // PostgreSQL does not answer or denies access.
  kSchemaMismatch,       // The database's tables are not as expected.
  kBadInput,             // The reports themselves.
  kTemporary,            // The same call may succeed later.
  kInputChanged,         // An object changed or went away since it was listed; list again.
  kConfigInvalid,        // A configuration or reference file.
  kInterrupted,          // A signal asked the run to stop.
  kMemoryExceeded,       // A unit of work does not fit into the memory budget as things are.
};

/// The program's exit code for a run that ends with `code`. 130 stands for kInterrupted; the caller
/// knows the signal.
int ExitCodeOf(Code code);

/// Success, or a code with a message that reads from the outside in: "day 2025-11-03: pod_usage:
/// bad footer".
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message);

  static Status Ok() { return {}; }

  bool ok() const { return state_ == nullptr; }
  Code code() const { return state_ ? state_->code : Code::kOk; }
  const std::string& message() const;

  /// Puts `where` and ": " in front of an error's message. Leaves success alone.
  Status WithContext(std::string_view where) &&;

 private:
  struct State {
    Code code;
    std::string message;
  };
  std::shared_ptr<const State> state_;  // Null is success, so success costs nothing.
};

inline Status Failed(std::string message) { return {Code::kFailed, std::move(message)}; }
inline Status Usage(std::string message) { return {Code::kUsage, std::move(message)}; }
inline Status BadInput(std::string message) { return {Code::kBadInput, std::move(message)}; }
inline Status Temporary(std::string message) { return {Code::kTemporary, std::move(message)}; }
inline Status InputChanged(std::string message) {
  return {Code::kInputChanged, std::move(message)};
}
inline Status ConfigInvalid(std::string message) {
  return {Code::kConfigInvalid, std::move(message)};
}

/// A T, or the error that kept it from being made.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    MATOME_DCHECK(!status_.ok());                       // Success must carry a value.
  }

  bool ok() const { return value_.has_value(); }
  const Status& status() const& { return status_; }
  Status status() && { return std::move(status_); }

  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T&& value() && { return *std::move(value_); }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace matome::base

#define MATOME_CONCAT_(a, b) a##b
#define MATOME_CONCAT(a, b) MATOME_CONCAT_(a, b)

#define MATOME_RETURN_IF_ERROR(expression)                              \
  do {                                                                  \
    if (::matome::base::Status status_ = (expression); !status_.ok()) { \
      return status_;                                                   \
    }                                                                   \
  } while (false)

#define MATOME_ASSIGN_OR_RETURN(declaration, expression) \
  MATOME_ASSIGN_OR_RETURN_(MATOME_CONCAT(result_, __LINE__), declaration, expression)
#define MATOME_ASSIGN_OR_RETURN_(result, declaration, expression) \
  auto result = (expression);                                     \
  if (!result.ok()) return std::move(result).status();            \
  declaration = std::move(result).value()
