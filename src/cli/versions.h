// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace matome::cli {

/// The versions of the libraries the program was built with, by name.
std::vector<std::pair<std::string, std::string>> LibraryVersions();

/// "matome 0.1.0" and, below, the libraries.
std::string VersionText();

}  // namespace matome::cli
