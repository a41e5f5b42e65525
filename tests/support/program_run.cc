// SPDX-License-Identifier: Apache-2.0
#include "support/program_run.h"

#include <poll.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace matome::support {
namespace {

constexpr int kPatienceMs = 120'000;
/// Variables that begin so could be settings of the program's.
constexpr std::array<std::string_view, 9> kSettings = {
    "PG",         "MATOME_",     "AWS_",    "S3_", "MINIO_", "REQUESTED_BUCKET",
    "http_proxy", "https_proxy", "no_proxy"};

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const auto& text : texts) {
    pointers.push_back(const_cast<char*>(text.c_str()));  // NOLINT: nobody changes them.
  }
  pointers.push_back(nullptr);
  return pointers;
}

std::string ReadAll(int file) {
  std::string text(static_cast<size_t>(lseek(file, 0, SEEK_END)), '\0');
  text.resize(static_cast<size_t>(std::max<ssize_t>(pread(file, text.data(), text.size(), 0), 0)));
  return text;
}

}  // namespace

ProgramRun::ProgramRun(const std::vector<std::string>& words,
                       const std::vector<std::string>& environment) {
  std::vector<std::string> variables = environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    if (std::none_of(kSettings.begin(), kSettings.end(),
                     [&](auto prefix) { return variable.starts_with(prefix); })) {
      variables.emplace_back(variable);
    }
  }
  output_ = memfd_create("output", MFD_CLOEXEC);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
  posix_spawn_file_actions_adddup2(&actions, output_, 1);
  posix_spawn_file_actions_adddup2(&actions, output_, 2);
  const int failed = posix_spawn(&pid_, words[0].c_str(), &actions, nullptr, Pointers(words).data(),
                                 Pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed == 0) handle_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (handle_ < 0) {
    fmt::print(stderr, "{} cannot be started\n", words[0]);
    std::abort();
  }
}

ProgramRun::~ProgramRun() {
  if (!waited_for_) {
    Kill();
    waitpid(pid_, nullptr, 0);
  }
  close(handle_);
  close(output_);
}

void ProgramRun::Kill() const { Signal(SIGKILL); }

void ProgramRun::Signal(int signal) const {
  syscall(SYS_pidfd_send_signal, handle_, signal, nullptr, 0);
}

bool ProgramRun::running() const {
  pollfd wanted{.fd = handle_, .events = POLLIN, .revents = 0};
  return poll(&wanted, 1, 0) == 0;
}

Ended ProgramRun::Wait() {
  pollfd wanted{.fd = handle_, .events = POLLIN, .revents = 0};
  if (poll(&wanted, 1, kPatienceMs) == 0) {
    ADD_FAILURE() << "the program does not end; it said:\n" << ReadAll(output_);
    Kill();
  }
  int status = 0;
  waitpid(pid_, &status, 0);
  waited_for_ = true;
  return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
          .output = ReadAll(output_)};
}

}  // namespace matome::support
