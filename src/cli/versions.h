// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace matome::cli {

/// The versions of the libraries the program was built with, by name. With them, if they are in use
/// and there, those that it loads when it needs them.
std::vector<std::pair<std::string, std::string>> LibraryVersions(bool uses_libpq,
                                                                 bool uses_libcurl);

/// "matome 0.1.0" and, below, all libraries.
std::string VersionText();

}  // namespace matome::cli
