// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "cli/program.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE,
              SIG_IGN);  // A reader that went away is an error of write(), and handled there.
  matome::config::Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return matome::cli::RunProgram(std::vector<std::string>(argv + 1, argv + argc), environment);
}
