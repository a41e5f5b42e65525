// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/day.h"
#include "model/report.h"
#include "store/object_store.h"

namespace matome::catalog {

// Where Koku keeps a report's objects (semantics §2.1).

/// "data/parquet/daily/org1234567/OCP/pod_usage/": all sources of a report.
std::string ReportPrefix(model::Report report, std::string_view account);
/// The objects of one source and month; ends in '/'.
std::string MonthPrefix(model::Report report, std::string_view account,
                        std::string_view source_uuid, model::Month month);

/// Whether an object below a prefix counts: no part of its path there is hidden (semantics §2.2).
/// `below` is the key without the prefix.
bool IsVisible(std::string_view below);

/// The date in an object's name, if there is one ("pod_usage.2025-11-03.….parquet").
std::optional<model::Day> DayInName(std::string_view key);

/// The accounts that have OpenShift data in a lake.
base::Result<std::vector<std::string>> ListAccounts(const store::ObjectStore& store);
/// The sources of an account, in any of the reports that the summary reads, sorted.
base::Result<std::vector<std::string>> ListSources(const store::ObjectStore& store,
                                                   std::string_view account);
/// The months that a source has daily pod rows for, sorted.
base::Result<std::vector<model::Month>> ListMonths(const store::ObjectStore& store,
                                                   std::string_view account,
                                                   std::string_view source_uuid);

}  // namespace matome::catalog
