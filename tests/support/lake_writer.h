// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/status.h"
#include "store/memory_store.h"
#include "support/lake_layout.h"
#include "testing/dataset.h"

namespace matome::support {

/// The account of every lake, as object keys have it.
inline constexpr std::string_view kAccount = "org1234567";

/// The rows of one source as objects under Koku's keys (semantics §2.1, §2.2), in the form that
/// `layout` says. With days in one file all rows lie in the month of `parameters.start_day`;
/// otherwise each lies in the month of its own day.
base::Result<store::MemoryStore> WriteLake(const testing::Dataset& dataset,
                                           const testing::SummaryParameters& parameters,
                                           const LakeLayout& layout);

}  // namespace matome::support
