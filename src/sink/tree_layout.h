// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/day.h"

namespace matome::sink {

// The keys of an output tree. Prefixes end in '/'.

/// The day files: those of Koku's Hive table,
/// reporting_ocpusagelineitem_daily_summary/source=UUID/year=2025/month=10/day=3/part-0.parquet.
std::string TablePrefix();
std::string SourcePrefix(const std::string& source_uuid);
std::string MonthPrefix(const std::string& source_uuid, model::Month month);
std::string DayPrefix(const std::string& source_uuid, model::Day day);

/// What the output remembers: _matome/ledger/source=UUID/2025-10.json, and .lock beside it.
std::string LedgerPrefix(const std::string& source_uuid);
std::string LedgerKey(const std::string& source_uuid, model::Month month);
std::string LockKey(const std::string& source_uuid, model::Month month);

/// What of a day could not be used: _matome/quarantine/source=UUID/2025-10-03.jsonl.
std::string QuarantinePrefix(const std::string& source_uuid);
std::string QuarantineKey(const std::string& source_uuid, model::Day day);

/// The last part of a key.
std::string_view NameOf(std::string_view key);
/// That, up to its last '.'.
std::string_view StemOf(std::string_view key);

}  // namespace matome::sink
