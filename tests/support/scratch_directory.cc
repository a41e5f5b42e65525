// SPDX-License-Identifier: Apache-2.0
#include "support/scratch_directory.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace matome::support {

ScratchDirectory::ScratchDirectory() {
  const std::string memory = "/dev/shm";
  const std::string parent = ::access(memory.c_str(), W_OK | X_OK) == 0
                                 ? memory
                                 : std::filesystem::temp_directory_path().string();
  path_ = parent + "/matome_test.XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr) std::abort();
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace matome::support
