// SPDX-License-Identifier: Apache-2.0
#include "cli/versions.h"

#include <matome_version.h>

#include <sstream>

#include <fmt/format.h>

#include "pg/libpq.h"
#include "s3/library_version.h"

namespace matome::cli {

std::vector<std::pair<std::string, std::string>> LibraryVersions(bool uses_libpq,
                                                                 bool uses_libcurl) {
  // "name version|name version": CMake knows them all, whatever way a library states its own.
  std::vector<std::pair<std::string, std::string>> versions;
  std::istringstream entries(MATOME_LIBRARY_VERSIONS);
  for (std::string entry; std::getline(entries, entry, '|');) {
    const size_t space = entry.find(' ');
    versions.emplace_back(entry.substr(0, space), entry.substr(space + 1));
  }
  const auto add = [&versions](const char* name, std::string version) {
    if (!version.empty()) versions.emplace_back(name, std::move(version));
  };
  if (uses_libcurl) add("libcurl", s3::CurlVersion());
  if (uses_libpq) add("libpq", pg::LibpqVersion());
  return versions;
}

std::string VersionText() {
  std::string text = fmt::format("matome {}\n", MATOME_VERSION);
  for (const auto& [name, version] : LibraryVersions(true, true))
    text += fmt::format("  {:<14}{}\n", name, version);
  return text;
}

}  // namespace matome::cli
