// SPDX-License-Identifier: Apache-2.0
#include "doctor/lake_checks.h"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "arrow_io/parquet_file.h"
#include "model/report.h"
#include "observe/resources.h"
#include "pipeline/month_plan.h"
#include "pipeline/work_unit.h"
#include "report/text.h"

namespace matome::doctor {
namespace {

using arrow_io::StoredType;
using model::Report;

/// Columns that older versions of the operator do not send.
constexpr std::array<std::string_view, 2> kOptionalColumns = {"csi_volume_handle", "node_role"};

bool IsOptional(std::string_view column) {
  return std::find(kOptionalColumns.begin(), kOptionalColumns.end(), column) !=
         kOptionalColumns.end();
}

bool CanBeRead(StoredType type, bool is_time, bool is_number) {
  switch (type) {
    case StoredType::kMissing:
    case StoredType::kNull:
      return !is_time;
    case StoredType::kText:
      return !is_time && !is_number;
    case StoredType::kDouble:
    case StoredType::kInt64:
      return !is_time;
    case StoredType::kFloat:
    case StoredType::kInt32:
      return is_number;
    case StoredType::kTimestampMillis:
    case StoredType::kTimestampMicros:
    case StoredType::kTimestampNanos:
    case StoredType::kInt96:
      return is_time;
    case StoredType::kOther:
      return false;
  }
  return false;
}

/// What is to be said of the columns of a month's objects, each thing once.
struct Columns {
  std::set<std::string> unreadable;  // With one object that shows it.
  std::set<std::string> missing;
  std::set<std::string> optional;
};

void LookAtColumns(const catalog::CatalogFile& file, Columns& found, std::set<std::string>& told) {
  if (file.file.row_groups.empty()) return;
  const auto numbers = model::SummaryProjection(file.report).numbers;
  const auto& chunks = file.file.row_groups.front().chunks;
  for (size_t index = 0; index < chunks.size(); ++index) {
    const std::string_view column = file.file.columns[index];
    const bool is_number = std::find(numbers.begin(), numbers.end(), column) != numbers.end();
    const std::string name = fmt::format("{} of {}", column, model::ReportName(file.report));
    if (!CanBeRead(chunks[index].type, index == 0, is_number)) {
      if (told.insert(name).second)
        found.unreadable.insert(fmt::format("{} in {}", name, file.file.object.key));
    } else if (chunks[index].type == StoredType::kMissing) {
      (IsOptional(column) ? found.optional : found.missing).insert(name);
    }
  }
}

Check ColumnsCheck(const catalog::MonthCatalog& month, const std::string& name) {
  Columns found;
  std::set<std::string> told;
  for (const auto& file : month.files) {
    if (file.status.ok()) LookAtColumns(file, found, told);
  }
  if (!found.unreadable.empty()) {
    return Failure(name,
                   base::BadInput(fmt::format("missing, or of a type that cannot be read: {}",
                                              fmt::join(found.unreadable, "; "))),
                   "ingest these reports again");
  }
  if (!found.missing.empty()) {
    return Warning(name,
                   fmt::format("absent, and read as NULL: {}", fmt::join(found.missing, ", ")),
                   "is this what the cluster's operator sends? Else ingest the reports again");
  }
  return Ok(name, found.optional.empty() ? "all there, types as expected"
                                         : fmt::format("as expected; the optional {} absent",
                                                       fmt::join(found.optional, ", ")));
}

}  // namespace

Checks CheckMonth(const catalog::MonthCatalog& month, const std::string& source_uuid) {
  const std::string where = fmt::format("source {}, {}", source_uuid, month.month.ToString());
  Checks checks;
  std::array<int64_t, model::kReports.size()> objects = {};
  std::vector<const catalog::CatalogFile*> broken;
  for (const auto& file : month.files) {
    ++objects[static_cast<size_t>(file.report)];
    if (!file.status.ok()) broken.push_back(&file);
  }
  std::vector<std::string> absent;
  for (const Report report : model::kReports) {
    if (objects[static_cast<size_t>(report)] == 0) absent.emplace_back(model::ReportName(report));
  }
  const std::string amount = fmt::format(
      "{}, {}", report::Counted(static_cast<int64_t>(month.files.size()), "object", "objects"),
      report::BytesText(month.listed_bytes));
  if (absent.empty()) {
    checks.push_back(Ok(where, amount));
  } else {
    checks.push_back(Warning(where, fmt::format("{}; none of {}", amount, fmt::join(absent, ", ")),
                             "has the month been ingested, for this source? See matome plan"));
  }
  if (month.files.empty()) return checks;

  const std::string of_objects = fmt::format("objects of {}", month.month.ToString());
  if (broken.empty()) {
    checks.push_back(Ok(of_objects, "every footer can be read"));
  } else {
    const auto& first = *broken.front();
    checks.push_back(
        Failure(of_objects,
                {first.status.code(), fmt::format("{} cannot be read, first {}: {}", broken.size(),
                                                  first.file.object.key, first.status.message())},
                first.status.code() == base::Code::kStoreUnavailable
                    ? "let the user that runs matome read them"
                    : "ingest these reports again, or leave them out with --on-bad-input "
                      "quarantine"));
  }
  checks.push_back(ColumnsCheck(month, fmt::format("columns of {}", month.month.ToString())));
  return checks;
}

Check CheckMemory(const catalog::MonthCatalog& month, int threads, int64_t limit_bytes) {
  const std::string name = fmt::format("memory for {}", month.month.ToString());
  if (limit_bytes == 0) return Ok(name, "no limit");
  pipeline::MonthPlan plan;
  plan.month = month.month;
  plan.catalog = month;
  for (model::Day day = month.month.first_day(); day <= month.month.last_day(); day = day + 1) {
    auto& planned = plan.days.emplace_back();
    planned.day = day;
    planned.state = model::PlanState::kNew;
  }
  int64_t largest = 0;
  for (const auto& unit : pipeline::CutIntoUnits(plan))
    largest = std::max(largest, unit.estimated_memory_bytes);
  const int64_t fixed = observe::CurrentResidentBytes();
  const std::string finding = fmt::format(
      "{} limit, {} for the program and about {} for the largest piece of work",
      report::BytesText(limit_bytes), report::BytesText(fixed), report::BytesText(largest));
  if (fixed + largest > limit_bytes) {
    return Failure(
        name, base::Failed(finding),
        fmt::format("give at least --memory-limit {}MiB", ((fixed + largest) >> 20) + 1));
  }
  if (fixed + largest * threads > limit_bytes) {
    return Warning(name, finding,
                   fmt::format("fewer than {} pieces fit at once: slower, but enough; a larger "
                               "--memory-limit would be faster",
                               threads));
  }
  return Ok(name, finding);
}

}  // namespace matome::doctor
