// SPDX-License-Identifier: Apache-2.0
#include "pipeline/forget.h"

#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "pg/forget.h"
#include "pg/ledger_store.h"
#include "pg/month_lock.h"
#include "pg/retry.h"
#include "sink/day_tree.h"
#include "sink/durable_file.h"
#include "sink/month_lock.h"
#include "sink/quarantine.h"

namespace matome::pipeline {
namespace {

namespace fs = std::filesystem;

/// The months that an output knows of a source: by its ledgers, and by its days.
std::set<model::Month> KnownMonths(const std::string& output_directory,
                                   const std::string& source_uuid) {
  std::set<model::Month> months;
  std::error_code error;
  for (fs::directory_iterator entry(sink::LedgerDirectory(output_directory, source_uuid), error),
       end;
       !error && entry != end; entry.increment(error)) {
    if (const auto month = model::Month::Parse(entry->path().stem().string()))
      months.insert(*month);
  }
  const fs::path source = sink::SourceDirectory(output_directory, source_uuid);
  for (fs::directory_iterator year(source, error), end; !error && year != end;
       year.increment(error)) {
    std::error_code inner;
    for (fs::directory_iterator entry(year->path(), inner); !inner && entry != end;
         entry.increment(inner)) {
      int32_t year_number = 0;
      int32_t month_number = 0;
      const bool named =
          std::sscanf(year->path().filename().c_str(), "year=%d", &year_number) == 1 &&
          std::sscanf(entry->path().filename().c_str(), "month=%d", &month_number) == 1;
      if (named && month_number >= 1 && month_number <= 12)
        months.insert({year_number, month_number});
    }
  }
  return months;
}

base::Result<ForgetResult> ForgetInTree(const sink::TreeTarget& target,
                                        const std::string& source_uuid,
                                        std::optional<model::Month> month) {
  ForgetResult result;
  const auto known = KnownMonths(target.directory, source_uuid);
  for (const model::Month each : known) {
    if (month && *month != each) continue;
    MATOME_ASSIGN_OR_RETURN(const auto lock,
                            sink::MonthLock::Acquire(target.directory, source_uuid, each));
    // The ledger goes first: without it a day that is left counts as changed, never as up to date.
    const fs::path ledger = fs::path(sink::LedgerDirectory(target.directory, source_uuid)) /
                            (each.ToString() + ".json");
    std::error_code error;
    if (fs::remove(ledger, error)) ++result.ledgers;
    if (error) return sink::WriteError("remove", ledger.string(), error.value());
    for (const auto format : {sink::FileFormat::kParquet, sink::FileFormat::kCsv}) {
      auto tree = sink::DayTree::Open(target.directory, source_uuid, format,
                                      model::Semantics::kTrino, "forget");
      if (!tree.ok()) continue;  // The other format is there.
      MATOME_RETURN_IF_ERROR(tree->RemoveLeftovers(each));
      MATOME_ASSIGN_OR_RETURN(const int64_t files, tree->RemoveMonth(each));
      result.days += files;
    }
    for (model::Day day = each.first_day(); day <= each.last_day(); day = day + 1) {
      MATOME_RETURN_IF_ERROR(sink::WriteQuarantine(target.directory, source_uuid, day, {}));
    }
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
