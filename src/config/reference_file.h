// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/reference.h"

namespace matome::config {

/// A reference file as it was read.
struct ReferenceFile {
  model::ReferenceData data;
  std::vector<std::string> warnings;  // What was accepted but has no effect, with line and column.
};

/// Parses a reference file (YAML; every key is optional). An error is kConfigInvalid and names
/// `file`, line and column: what does not parse, an unknown key, a wrong type, a text that its
/// column cannot hold.
base::Result<ReferenceFile> ParseReference(std::string_view text, std::string_view file);

/// Reads and parses the file at `path`. A file that cannot be read is kUsage.
base::Result<ReferenceFile> ReadReference(const std::string& path);

}  // namespace matome::config
