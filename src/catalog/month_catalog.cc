// SPDX-License-Identifier: Apache-2.0
#include "catalog/month_catalog.h"

#include <algorithm>

#include "catalog/lake_layout.h"

namespace matome::catalog {
namespace {

using model::Day;
using model::DayRange;

/// The days of `month` that a row group can hold, or nothing.
std::optional<DayRange> DaysOf(const arrow_io::RowGroup& group, model::Month month) {
  const DayRange whole{month.first_day(), month.last_day()};
  const auto stored = group.chunks.front().type;
  if (stored == arrow_io::StoredType::kMissing || stored == arrow_io::StoredType::kNull)
    return std::nullopt;
  if (!group.time_bounds) return whole;
  const DayRange held{std::max(Day::OfMillis(group.time_bounds->min_millis), whole.first),
                      std::min(Day::OfMillis(group.time_bounds->max_millis), whole.last)};
  if (held.last < held.first) return std::nullopt;
  return held;
}

bool OnlyOneDay(const arrow_io::RowGroup& group) {
  const auto& bounds = group.time_bounds;
  return bounds && bounds->no_nulls &&
         Day::OfMillis(bounds->min_millis) == Day::OfMillis(bounds->max_millis);
}

}  // namespace

DayRange MonthCatalog::DaysOfUnreadable(const CatalogFile& file) const {
  const DayRange whole{month.first_day(), month.last_day()};
  const auto day = DayInName(file.file.object.key);
  return day && whole.Contains(*day) ? DayRange{*day, *day} : whole;
}

base::Result<MonthCatalog> ReadCatalog(const store::ObjectStore& store, const std::string& account,
                                       const std::string& source_uuid, model::Month month,
                                       const ForEach& for_each) {
  MonthCatalog catalog;
  catalog.month = month;
  for (const model::Report report : model::kReports) {
    const std::string prefix = MonthPrefix(report, account, source_uuid, month);
    MATOME_ASSIGN_OR_RETURN(auto objects, store.List(prefix));
    for (auto& object : objects) {
      if (object.size_bytes == 0 || !IsVisible(std::string_view(object.key).substr(prefix.size())))
        continue;
      catalog.listed_bytes += object.size_bytes;
      CatalogFile file;
      file.report = report;
      file.file.object = std::move(object);
      catalog.files.push_back(std::move(file));
    }
  }
  for_each(catalog.files.size(), [&](size_t index) {
    CatalogFile& file = catalog.files[index];
    auto footer = arrow_io::ReadFooter(store, file.file.object, model::KnownColumns(file.report));
    if (footer.ok()) {
      file.file = std::move(footer).value();
    } else {
      file.status = std::move(footer).status();
    }
  });
  for (size_t file = 0; file < catalog.files.size(); ++file) {
    const auto& groups = catalog.files[file].file.row_groups;
    for (size_t group = 0; group < groups.size(); ++group) {
      const auto days = DaysOf(groups[group], month);
      if (!days) continue;
      catalog.row_groups.push_back({.file = static_cast<uint32_t>(file),
                                    .row_group = static_cast<uint32_t>(group),
                                    .days = *days,
                                    .only_this_day = OnlyOneDay(groups[group])});
    }
  }
  return catalog;
}

}  // namespace matome::catalog
