// SPDX-License-Identifier: Apache-2.0
#include "catalog/month_catalog.h"

#include <algorithm>

#include "base/pages.h"
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

base::Result<std::vector<CatalogFile>> ListReport(const store::ObjectStore& store,
                                                  model::Report report, const std::string& account,
                                                  const std::string& source_uuid,
                                                  model::Month month) {
  const std::string prefix = MonthPrefix(report, account, source_uuid, month);
  MATOME_ASSIGN_OR_RETURN(auto objects, store.List(prefix));
  std::vector<CatalogFile> files;
  for (auto& object : objects) {
    if (object.size_bytes == 0 || !IsVisible(std::string_view(object.key).substr(prefix.size())))
      continue;
    CatalogFile file;
    file.report = report;
    file.file.object = std::move(object);
    files.push_back(std::move(file));
  }
  return files;
}

base::Result<arrow_io::ParquetFile> ReadFooter(const store::ObjectStore& store,
                                               const CatalogFile& file, KeptObjects* kept) {
  const auto& object = file.file.object;
  const auto columns = model::KnownColumns(file.report);
  if (kept == nullptr || object.size_bytes > store.read_shape().whole_object_bytes ||
      !kept->Reserve(object.size_bytes)) {
    return arrow_io::ReadFooter(store, object, columns);
  }
  base::Pages whole(object.size_bytes);
  auto footer = [&]() -> base::Result<arrow_io::ParquetFile> {
    if (whole.empty()) return base::Failed("no memory is left; set a lower --read-ahead");
    MATOME_ASSIGN_OR_RETURN(const auto opened, store.Open(object));
    MATOME_RETURN_IF_ERROR(opened->ReadAt(0, whole.bytes()));
    return arrow_io::ReadFooter(whole.bytes(), object, columns);
  }();
  if (footer.ok()) {
    kept->Put(object.key, std::move(whole));
  } else {
    kept->Release(object.size_bytes);
  }
  return footer;
}

}  // namespace

DayRange MonthCatalog::DaysOfUnreadable(const CatalogFile& file) const {
  const DayRange whole{month.first_day(), month.last_day()};
  const auto day = DayInName(file.file.object.key);
  return day && whole.Contains(*day) ? DayRange{*day, *day} : whole;
}

base::Result<MonthCatalog> ReadCatalog(const store::ObjectStore& store, const std::string& account,
                                       const std::string& source_uuid, model::Month month,
                                       const ForEach& for_each, KeptObjects* kept) {
  MonthCatalog catalog;
  catalog.month = month;
  std::vector<base::Result<std::vector<CatalogFile>>> listed(
      model::kReports.size(), base::Status(base::Code::kInterrupted, "interrupted"));
  for_each(model::kReports.size(), [&](size_t index) {
    listed[index] = ListReport(store, model::kReports[index], account, source_uuid, month);
  });
  for (auto& files : listed) {
    if (!files.ok()) return std::move(files).status();
    for (auto& file : *files) {
      catalog.listed_bytes += file.file.object.size_bytes;
      catalog.files.push_back(std::move(file));
    }
  }
  const bool remote = store.read_shape().reads_in_flight > 1;
  for_each(catalog.files.size(), [&](size_t index) {
    CatalogFile& file = catalog.files[index];
    auto footer = ReadFooter(store, file, kept);
    // What the network spoiled comes well the second time.
    if (remote && footer.status().code() == base::Code::kBadInput)
      footer = ReadFooter(store, file, kept);
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
