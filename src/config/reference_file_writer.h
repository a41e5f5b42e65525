// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/reference.h"

namespace matome::config {

/// A reference file that ParseReference() reads as `data`. Keys whose values are absent are left
/// out; texts must be UTF-8.
std::string ReferenceYaml(const model::ReferenceData& data);

}  // namespace matome::config
