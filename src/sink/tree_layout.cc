// SPDX-License-Identifier: Apache-2.0
#include "sink/tree_layout.h"

#include <fmt/format.h>

#include "model/table_schema.h"

namespace matome::sink {

std::string TablePrefix() { return fmt::format("{}/", model::kSummaryTable); }

std::string SourcePrefix(const std::string& source_uuid) {
  return fmt::format("{}source={}/", TablePrefix(), source_uuid);
}

std::string MonthPrefix(const std::string& source_uuid, model::Month month) {
  return fmt::format("{}year={}/month={}/", SourcePrefix(source_uuid), month.year, month.month);
}

std::string DayPrefix(const std::string& source_uuid, model::Day day) {
  const model::Month month = model::Month::Of(day);
  return fmt::format("{}day={}/", MonthPrefix(source_uuid, month), month.day_of(day));
}

std::string LedgerPrefix(const std::string& source_uuid) {
  return fmt::format("_matome/ledger/source={}/", source_uuid);
}

std::string LedgerKey(const std::string& source_uuid, model::Month month) {
  return fmt::format("{}{}.json", LedgerPrefix(source_uuid), month.ToString());
}

std::string LockKey(const std::string& source_uuid, model::Month month) {
  return fmt::format("{}{}.lock", LedgerPrefix(source_uuid), month.ToString());
}

std::string QuarantinePrefix(const std::string& source_uuid) {
  return fmt::format("_matome/quarantine/source={}/", source_uuid);
}

std::string QuarantineKey(const std::string& source_uuid, model::Day day) {
  return fmt::format("{}{}.jsonl", QuarantinePrefix(source_uuid), day.ToString());
}

std::string_view NameOf(std::string_view key) { return key.substr(key.rfind('/') + 1); }

std::string_view StemOf(std::string_view key) {
  const std::string_view name = NameOf(key);
  return name.substr(0, name.rfind('.'));
}

}  // namespace matome::sink
