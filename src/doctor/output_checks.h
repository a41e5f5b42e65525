// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "doctor/check.h"
#include "model/day.h"
#include "sink/tree_output.h"

namespace matome::doctor {

/// Whether a directory can take the summary of a source: writable, of this format, and no run at
/// work on one of the months. Of a bucket the last two; CheckStores() tries to write to it.
Checks CheckTree(const sink::TreeTarget& target, const std::string& source_uuid,
                 const std::vector<model::Month>& months);

/// Whether the disk of `directory`, which need not exist yet, has room for `needed_bytes`.
Check CheckFreeDisk(const std::string& directory, int64_t needed_bytes);

}  // namespace matome::doctor
