// SPDX-License-Identifier: Apache-2.0
#include "pipeline/forget.h"

#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "pipeline/month_lock.h"
#include "pipeline/quarantine.h"
#include "sink/day_tree.h"
#include "sink/durable_file.h"

namespace matome::pipeline {
namespace {

namespace fs = std::filesystem;

/// The months that an output knows of a source: by its ledgers, and by its days.
std::set<model::Month> KnownMonths(const std::string& output_directory,
                                   const std::string& source_uuid) {
  std::set<model::Month> months;
  std::error_code error;
  for (fs::directory_iterator entry(LedgerDirectory(output_directory, source_uuid), error), end;
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

}  // namespace

base::Result<ForgetResult> Forget(const std::string& output_directory,
                                  const std::string& source_uuid,
                                  std::optional<model::Month> month) {
  ForgetResult result;
  const auto known = KnownMonths(output_directory, source_uuid);
  for (const model::Month each : known) {
    if (month && *month != each) continue;
    MATOME_ASSIGN_OR_RETURN(const auto lock,
                            MonthLock::Acquire(output_directory, source_uuid, each));
    // The ledger goes first: without it a day that is left counts as changed, never as up to date.
    const fs::path ledger =
        fs::path(LedgerDirectory(output_directory, source_uuid)) / (each.ToString() + ".json");
    std::error_code error;
    if (fs::remove(ledger, error)) ++result.ledgers;
    if (error) return sink::WriteError("remove", ledger.string(), error.value());
    for (const auto format : {sink::FileFormat::kParquet, sink::FileFormat::kCsv}) {
      auto tree = sink::DayTree::Open(output_directory, source_uuid, format,
                                      model::Semantics::kTrino, "forget");
      if (!tree.ok()) continue;  // The other format is there.
      MATOME_RETURN_IF_ERROR(tree->RemoveLeftovers(each));
      MATOME_ASSIGN_OR_RETURN(const int64_t files, tree->RemoveMonth(each));
      result.days += files;
    }
    for (model::Day day = each.first_day(); day <= each.last_day(); day = day + 1) {
      MATOME_RETURN_IF_ERROR(WriteQuarantine(output_directory, source_uuid, day, {}));
    }
  }
  return result;
}

}  // namespace matome::pipeline
