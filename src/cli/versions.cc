// SPDX-License-Identifier: Apache-2.0
#include "cli/versions.h"

#include <matome_version.h>

#include <sstream>

#include <fmt/format.h>

namespace matome::cli {

std::vector<std::pair<std::string, std::string>> LibraryVersions() {
  // "name version|name version": CMake knows them all, whatever way a library states its own.
  std::vector<std::pair<std::string, std::string>> versions;
  std::istringstream entries(MATOME_LIBRARY_VERSIONS);
  for (std::string entry; std::getline(entries, entry, '|');) {
    const size_t space = entry.find(' ');
    versions.emplace_back(entry.substr(0, space), entry.substr(space + 1));
  }
  return versions;
}

std::string VersionText() {
  std::string text = fmt::format("matome {}\n", MATOME_VERSION);
  for (const auto& [name, version] : LibraryVersions())
    text += fmt::format("  {:<14}{}\n", name, version);
  return text;
}

}  // namespace matome::cli
