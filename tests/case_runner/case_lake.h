// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "case_runner/case_file.h"
#include "case_runner/run_config.h"

namespace matome::case_runner {

struct LakeObject {
  std::string key;
  std::vector<uint8_t> bytes;
};

/// The objects of a case, in the layout of Koku's keys (semantics §2.1) and the physical form that
/// the case, or else the configuration, asks for.
base::Result<std::vector<LakeObject>> MakeLake(const CaseFile& source, const RunConfig& config);

}  // namespace matome::case_runner
