// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "catalog/month_catalog.h"
#include "model/day.h"
#include "model/ledger.h"
#include "model/reference.h"
#include "model/summary_row.h"
#include "pipeline/summarize.h"

namespace matome::pipeline {

/// A short text that differs when `parts` do (64-bit hash, in hex).
std::string HashOf(const std::vector<std::string>& parts);

/// The objects that may hold rows of each day of a month, by index into the catalog's files,
/// ascending. A file that cannot be read counts for the days it concerns.
std::map<model::Day, std::set<uint32_t>> FilesByDay(const catalog::MonthCatalog& catalog);

/// What stands for an object in a fingerprint: report, key, size, version.
std::string IdentityOf(const catalog::CatalogFile& file);

/// The parts of a day's fingerprint that are the same for all days: program, options, reference.
/// How bad input is treated is no part: a day that nothing was left out of is the same either way,
/// and any other is done again.
model::Fingerprint CommonFingerprint(const SummarizeOptions& options,
                                     const model::ReferenceData& reference,
                                     const model::RunConstants& constants);

/// The days' fingerprint part for given node roles, which are the same for every day.
std::string HashOfRoles(const std::vector<model::NodeRole>& nodes);

}  // namespace matome::pipeline
