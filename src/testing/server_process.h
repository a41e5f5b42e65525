// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pwd.h>

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace matome::testing {

/// How a test starts a server.
struct ServerCommand {
  std::vector<std::string> words;
  std::vector<std::string> environment;  // Of the server, in place of this process's: "A=B".
  std::string log;                       // A file that its output is added to.
  std::string directory;                 // Where it runs.
  const passwd* user = nullptr;          // As whom; null: as this process.
};

/// Starts a process that ends (SIGQUIT) with this one, whichever thread calls.
pid_t Spawn(const ServerCommand& command);

/// The variables of this process without those that begin with one of `prefixes`.
std::vector<std::string> EnvironmentWithout(const std::vector<std::string>& prefixes);

/// A port of 127.0.0.1 that nobody listens on now.
uint16_t FreePort();

/// A new directory, named after `prefix`; empty if none can be made.
std::string MakeScratchDirectory(const std::string& parent, const std::string& prefix);

/// The file as a text; empty if there is none.
std::string ReadWholeFile(const std::string& path);

}  // namespace matome::testing
