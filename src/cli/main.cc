// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "cli/program.h"

#include "config/database_url.h"
#include "config/setting.h"

namespace {

/// Takes passwords and keys out of what other users may see of the process.
void HideSecrets(int argc, char** argv) {
  for (int index = 1; index < argc; ++index) {
    const std::string_view word = argv[index];
    for (const auto& [first, length] : matome::config::SecretsOfUrls(word)) {
      std::fill_n(argv[index] + first, length, '*');
    }
    if (!word.starts_with("--")) continue;
    const size_t equals = std::min(word.find('='), word.size());
    const auto* setting = matome::config::FindSetting(word.substr(2, equals - 2));
    if (setting == nullptr || !setting->secret) continue;
    if (equals < word.size()) {
      std::fill(argv[index] + equals + 1, argv[index] + word.size(), '*');
    } else if (index + 1 < argc) {
      ++index;
      std::fill_n(argv[index], std::string_view(argv[index]).size(), '*');
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  HideSecrets(argc, argv);
  // Buffers of a row group come and go many times a second: keep them in the heap rather than give
  // each back to the kernel, which would hand out zeroed pages anew.
  ::mallopt(M_MMAP_THRESHOLD, 64 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 256 << 20);
  ::mallopt(M_TOP_PAD, 4 << 20);
  // A reader that went away and a file grown too large are errors of write(), and handled there.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  matome::config::Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return matome::cli::RunProgram(arguments, environment);
}
