// SPDX-License-Identifier: Apache-2.0
#include "testing/server_process.h"

#include <fcntl.h>
#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>

namespace matome::testing {
namespace {

[[noreturn]] void Die(const char* reason) {
  std::fprintf(stderr, "%s\n", reason);
  std::exit(1);
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const auto& text : texts) {
    pointers.push_back(const_cast<char*>(text.c_str()));  // NOLINT: execve changes none of them.
  }
  pointers.push_back(nullptr);
  return pointers;
}

/// Runs `task` on a thread that lives as long as the process: a child is told of the end of the
/// thread that made it.
pid_t OnLastingThread(std::packaged_task<pid_t()> task) {
  struct Desk {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::packaged_task<pid_t()>> tasks;
  };
  static Desk* const desk = [] {
    auto* const made = new Desk;  // For a thread that is never joined.
    std::thread([made] {
      for (std::unique_lock lock(made->mutex);;) {
        made->changed.wait(lock, [made] { return !made->tasks.empty(); });
        made->tasks.front()();
        made->tasks.pop_front();
      }
    }).detach();
    return made;
  }();
  auto result = task.get_future();
  {
    const std::lock_guard lock(desk->mutex);
    desk->tasks.push_back(std::move(task));
  }
  desk->changed.notify_one();
  return result.get();
}

/// A process that ends with the thread that makes it.
pid_t SpawnHere(const ServerCommand& command) {
  const auto arguments = Pointers(command.words);
  const auto environment = Pointers(command.environment);
  const passwd* const user = command.user;
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) Die("fork failed");
  if (child > 0) return child;
  if (user != nullptr &&
      (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) {
    _exit(126);
  }
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (getppid() != parent) _exit(126);
  const int out = open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (chdir(command.directory.c_str()) != 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 ||
      dup2(out, 2) < 0) {
    _exit(126);
  }
  execve(arguments[0], arguments.data(), environment.data());
  _exit(127);
}

}  // namespace

pid_t Spawn(const ServerCommand& command) {
  return OnLastingThread(std::packaged_task<pid_t()>([&] { return SpawnHere(command); }));
}

std::vector<std::string> EnvironmentWithout(const std::vector<std::string>& prefixes) {
  std::vector<std::string> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    if (std::none_of(prefixes.begin(), prefixes.end(),
                     [&](const auto& prefix) { return variable.starts_with(prefix); })) {
      kept.emplace_back(variable);
    }
  }
  return kept;
}

uint16_t FreePort() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{.sin_family = AF_INET,
                      .sin_port = 0,
                      .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
                      .sin_zero = {}};
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(probe, generic, size) != 0 || getsockname(probe, generic, &size) != 0)
    Die("no free port");
  close(probe);
  return ntohs(address.sin_port);
}

std::string MakeScratchDirectory(const std::string& parent, const std::string& prefix) {
  std::string name = (std::filesystem::path(parent) / (prefix + "-XXXXXX")).string();
  return mkdtemp(name.data()) == nullptr ? std::string() : name;
}

std::string ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace matome::testing
