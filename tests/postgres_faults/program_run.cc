// SPDX-License-Identifier: Apache-2.0
#include "postgres_faults/program_run.h"

#include <poll.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace matome::postgres_faults {
namespace {

constexpr int kPatienceMs = 120'000;
constexpr std::string_view kClockSpeed = "FAST_CLOCK_SPEED=";

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

ProgramRun::ProgramRun(const std::vector<std::string>& arguments,
                       const std::vector<std::string>& environment) {
  const bool fast = std::any_of(environment.begin(), environment.end(), [](const auto& variable) {
    return variable.starts_with(kClockSpeed);
  });
  std::vector<std::string> words = {fast ? MATOME_WITH_FAST_CLOCK : MATOME_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    if (!variable.starts_with("PG") && !variable.starts_with("MATOME_"))
      variables.emplace_back(variable);
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

void ProgramRun::Kill() const { syscall(SYS_pidfd_send_signal, handle_, SIGKILL, nullptr, 0); }

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

Ended RunToEnd(const std::vector<std::string>& arguments,
               const std::vector<std::string>& environment) {
  return ProgramRun(arguments, environment).Wait();
}

std::vector<std::string> ClockSpeed(int speed) { return {fmt::format("{}{}", kClockSpeed, speed)}; }

}  // namespace matome::postgres_faults
