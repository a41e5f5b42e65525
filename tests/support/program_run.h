// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace matome::support {

/// How a run ended, and all it said on stdout and stderr.
struct Ended {
  int exit_code = -1;  // -1 if a signal ended it.
  int signal = 0;
  std::string output;
};

/// A process of its own, in an environment without settings for matome, libpq or S3. Killed with
/// the object, if it still runs.
class ProgramRun {
 public:
  /// `words` are the program's path and its arguments; `environment` is added.
  explicit ProgramRun(const std::vector<std::string>& words,
                      const std::vector<std::string>& environment = {});
  ProgramRun(const ProgramRun&) = delete;
  ProgramRun& operator=(const ProgramRun&) = delete;
  ~ProgramRun();

  /// kill -9. Nothing happens if it has ended. For any thread.
  void Kill() const;
  /// Likewise with another signal.
  void Signal(int signal) const;
  bool running() const;
  /// Waits for the end. A run that takes minutes is killed, which is a failure.
  Ended Wait();

  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int handle_ = -1;  // Of the process, as numbers are used again.
  int output_ = -1;
  bool waited_for_ = false;
};

}  // namespace matome::support
