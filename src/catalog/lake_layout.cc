// SPDX-License-Identifier: Apache-2.0
#include "catalog/lake_layout.h"

#include <set>

#include <fmt/format.h>

namespace matome::catalog {
namespace {

constexpr std::string_view kHourlyRoot = "data/parquet/";
constexpr std::string_view kDailyRoot = "data/parquet/daily/";

/// The value of a directory named "key=value".
std::optional<std::string_view> PartitionValue(std::string_view name, std::string_view key) {
  if (name.size() <= key.size() || !name.starts_with(key) || name[key.size()] != '=')
    return std::nullopt;
  return name.substr(key.size() + 1);
}

}  // namespace

std::string ReportPrefix(model::Report report, std::string_view account) {
  return fmt::format("{}{}/OCP/{}/", model::IsDaily(report) ? kDailyRoot : kHourlyRoot, account,
                     model::ReportType(report));
}

std::string MonthPrefix(model::Report report, std::string_view account,
                        std::string_view source_uuid, model::Month month) {
  return fmt::format("{}source={}/year={:04}/month={:02}/", ReportPrefix(report, account),
                     source_uuid, month.year, month.month);
}

bool IsVisible(std::string_view below) {
  bool at_start = true;
  for (const char c : below) {
    if (at_start && (c == '_' || c == '.')) return false;
    at_start = c == '/';
  }
  return true;
}

std::optional<model::Day> DayInName(std::string_view key) {
  constexpr size_t kDateLength = 10;
  const std::string_view name = key.substr(key.rfind('/') + 1);
  for (size_t at = 0; at + kDateLength <= name.size(); ++at) {
    if (const auto day = model::Day::Parse(name.substr(at, kDateLength))) return day;
  }
  return std::nullopt;
}

base::Result<std::vector<std::string>> ListAccounts(const store::ObjectStore& store) {
  MATOME_ASSIGN_OR_RETURN(const auto names, store.ListDirectories(kDailyRoot));
  std::vector<std::string> accounts;
  for (const auto& name : names) {
    MATOME_ASSIGN_OR_RETURN(const auto clouds,
                            store.ListDirectories(std::string(kDailyRoot) + name + "/"));
    for (const auto& cloud : clouds) {
      if (cloud == "OCP") accounts.push_back(name);
    }
  }
  return accounts;
}

base::Result<std::vector<std::string>> ListSources(const store::ObjectStore& store,
                                                   std::string_view account) {
  std::set<std::string> sources;
  for (const model::Report report : model::kReports) {
    MATOME_ASSIGN_OR_RETURN(const auto names, store.ListDirectories(ReportPrefix(report, account)));
    for (const auto& name : names) {
      if (const auto source = PartitionValue(name, "source")) sources.emplace(*source);
    }
  }
  return std::vector<std::string>(sources.begin(), sources.end());
}

base::Result<std::vector<model::Month>> ListMonths(const store::ObjectStore& store,
                                                   std::string_view account,
                                                   std::string_view source_uuid) {
  const std::string source = fmt::format(
      "{}source={}/", ReportPrefix(model::Report::kPodUsageDaily, account), source_uuid);
  std::set<model::Month> months;
  MATOME_ASSIGN_OR_RETURN(const auto years, store.ListDirectories(source));
  for (const auto& year : years) {
    const auto year_value = PartitionValue(year, "year");
    if (!year_value) continue;
    MATOME_ASSIGN_OR_RETURN(const auto names, store.ListDirectories(source + year + "/"));
    for (const auto& name : names) {
      const auto month_value = PartitionValue(name, "month");
      if (!month_value) continue;
      if (const auto month = model::Month::Parse(fmt::format("{}-{}", *year_value, *month_value))) {
        months.insert(*month);
      }
    }
  }
  return std::vector<model::Month>(months.begin(), months.end());
}

}  // namespace matome::catalog
