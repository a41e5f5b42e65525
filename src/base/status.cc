// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <cstdio>
#include <cstdlib>

namespace matome::base {

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: this is a bug in matome: %s does not hold\n", file, line, condition);
  std::abort();
}

int ExitCodeOf(Code code) {
  switch (code) {
    case Code::kOk:
      return 0;
    case Code::kFailed:
    case Code::kMemoryExceeded:
      return 1;
    case Code::kUsage:
      return 2;
    case Code::kStoreUnavailable:
      return 10;
    case Code::kLocked:
      return 11;
    case Code::kDatabaseUnavailable:
      return 12;
    case Code::kSchemaMismatch:
      return 13;
    case Code::kBadInput:
      return 14;
    case Code::kTemporary:
    case Code::kInputChanged:
      return 75;
    case Code::kConfigInvalid:
      return 78;
    case Code::kInterrupted:
      return 130;
  }
  return 1;
}

Status::Status(Code code, std::string message)
    : state_(std::make_shared<const State>(State{code, std::move(message)})) {}

const std::string& Status::message() const {
  static const std::string empty;
  return state_ ? state_->message : empty;
}

Status Status::WithContext(std::string_view where) && {
  if (ok()) return {};
  std::string message(where);
  message += ": ";
  message += state_->message;
  return {state_->code, std::move(message)};
}

}  // namespace matome::base
