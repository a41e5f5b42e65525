// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace matome::support {

/// A new, empty directory, removed with all that is in it. In memory where the system allows, since
/// every day file is synced.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  /// A path within it.
  std::string Path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace matome::support
