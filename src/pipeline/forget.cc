// SPDX-License-Identifier: Apache-2.0
#include "pipeline/forget.h"

#include <charconv>
#include <set>
#include <string_view>

#include "pg/forget.h"
#include "pg/ledger_store.h"
#include "pg/month_lock.h"
#include "pg/retry.h"
#include "sink/day_tree.h"
#include "sink/month_lock.h"
#include "sink/quarantine.h"
#include "sink/tree_layout.h"

namespace matome::pipeline {
namespace {

/// The number in NAME=NUMBER.
std::optional<int32_t> NumberOf(std::string_view directory, std::string_view name) {
  int32_t number = 0;
  if (!directory.starts_with(name)) return std::nullopt;
  directory.remove_prefix(name.size());
  const char* const end = directory.data() + directory.size();
  const auto parsed = std::from_chars(directory.data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end ? std::optional(number) : std::nullopt;
}

/// The months that an output knows of a source: by its ledgers, and by its days.
base::Result<std::set<model::Month>> KnownMonths(const store::WritableStore& store,
                                                 const std::string& source_uuid) {
  std::set<model::Month> months;
  MATOME_ASSIGN_OR_RETURN(const auto ledgers, store.List(sink::LedgerPrefix(source_uuid)));
  for (const auto& ledger : ledgers) {
    if (const auto month = model::Month::Parse(sink::StemOf(ledger.key))) months.insert(*month);
  }
  const std::string source = sink::SourcePrefix(source_uuid);
  MATOME_ASSIGN_OR_RETURN(const auto years, store.ListDirectories(source));
  for (const auto& year : years) {
    const auto year_number = NumberOf(year, "year=");
    if (!year_number) continue;
    MATOME_ASSIGN_OR_RETURN(const auto directories, store.ListDirectories(source + year + "/"));
    for (const auto& each : directories) {
      const auto month_number = NumberOf(each, "month=");
      if (month_number && *month_number >= 1 && *month_number <= 12)
        months.insert({*year_number, *month_number});
    }
  }
  return months;
}

base::Result<ForgetResult> ForgetInTree(const sink::TreeTarget& target,
                                        const std::string& source_uuid,
                                        std::optional<model::Month> month) {
  ForgetResult result;
  MATOME_ASSIGN_OR_RETURN(const auto store, sink::OpenStore(target, "forget"));
  MATOME_ASSIGN_OR_RETURN(const auto known, KnownMonths(*store, source_uuid));
  for (const model::Month each : known) {
    if (month && *month != each) continue;
    MATOME_ASSIGN_OR_RETURN(const auto lock, sink::TakeMonthLock(*store, source_uuid, each));
    // The ledger goes first: without it a day that is left counts as changed, never as up to date.
    const std::string ledger = sink::LedgerKey(source_uuid, each);
    MATOME_ASSIGN_OR_RETURN(const auto version, store->VersionOf(ledger));
    if (version) {
      MATOME_RETURN_IF_ERROR(store->Remove(ledger));
      ++result.ledgers;
    }
    MATOME_ASSIGN_OR_RETURN(const int64_t files,
                            sink::RemoveMonth(*store, source_uuid, each, *lock));
    result.days += files;
    MATOME_ASSIGN_OR_RETURN(const auto recorded, sink::RecordedDays(*store, source_uuid));
    for (const model::Day day : recorded) {
      if (model::Month::Of(day) == each)
        MATOME_RETURN_IF_ERROR(sink::WriteQuarantine(*store, source_uuid, day, {}));
    }
    MATOME_RETURN_IF_ERROR(sink::RemoveLeftovers(*store, source_uuid, each));
  }
  return result;
}

base::Result<ForgetResult> ForgetInDatabase(const sink::PostgresTarget& target,
                                            const std::string& source_uuid,
                                            std::optional<model::Month> month) {
  const auto connect = [&] { return pg::OpenPatiently(target.connection, target.retry); };
  MATOME_ASSIGN_OR_RETURN(auto connection, connect());
  MATOME_ASSIGN_OR_RETURN(const auto table, pg::InspectSummaryTable(connection, target.schema,
                                                                    pg::TableUse::kReplaceDays));
  bool ledger = false;
  if (target.ledger) {
    MATOME_ASSIGN_OR_RETURN(const int version, pg::FindLedger(connection));
    ledger = version > 0;
  }
  std::set<model::Month> months;
  if (month) {
    months.insert(*month);
  } else {
    MATOME_ASSIGN_OR_RETURN(months, pg::FindMonths(connection, table, source_uuid, ledger));
  }
  ForgetResult result;
  for (const model::Month each : months) {
    const pg::MonthKey key{target.schema, source_uuid, each};
    MATOME_ASSIGN_OR_RETURN(auto of_lock, connect());
    MATOME_ASSIGN_OR_RETURN(
        const auto lock,
        pg::MonthLock::Acquire(target.connection, std::move(of_lock), key, target.lock_timeout));
    MATOME_ASSIGN_OR_RETURN(const auto forgotten,
                            pg::ForgetMonth(lock->connection(), table, key, ledger));
    result.days += forgotten.days;
    result.rows += forgotten.rows;
    result.cost_model_rows += forgotten.cost_model_rows;
    result.rows_kept += forgotten.rows_kept;
    if (forgotten.ledger_days > 0) ++result.ledgers;
  }
  return result;
}

}  // namespace

base::Result<ForgetResult> Forget(const sink::OutputTarget& target, const std::string& source_uuid,
                                  std::optional<model::Month> month) {
  if (const auto* tree = std::get_if<sink::TreeTarget>(&target))
    return ForgetInTree(*tree, source_uuid, month);
  return ForgetInDatabase(std::get<sink::PostgresTarget>(target), source_uuid, month);
}

}  // namespace matome::pipeline
