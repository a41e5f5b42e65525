// SPDX-License-Identifier: Apache-2.0
#include "catalog/month_catalog.h"

#include <algorithm>
#include <numeric>

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

/// Which objects are read whole and kept: of the small ones the smallest, which spare most requests
/// for the room they take.
std::vector<bool> ChooseToKeep(const std::vector<CatalogFile>& files, int64_t small_bytes,
                               int64_t room_bytes) {
  std::vector<size_t> order(files.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto size_of = [&](size_t file) { return files[file].file.object.size_bytes; };
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t left, size_t right) { return size_of(left) < size_of(right); });
  std::vector<bool> chosen(files.size(), false);
  for (const size_t file : order) {
    room_bytes -= size_of(file);
    if (room_bytes < 0 || size_of(file) > small_bytes) break;
    chosen[file] = true;
  }
  return chosen;
}

base::Result<arrow_io::ParquetFile> ReadWhole(const store::ObjectStore& store,
                                              const CatalogFile& file, KeptObjects& kept) {
  const auto& object = file.file.object;
  base::Pages whole(object.size_bytes);
  if (whole.empty()) return base::Failed("no memory is left; set a lower --read-ahead");
  MATOME_ASSIGN_OR_RETURN(const auto opened, store.Open(object));
  MATOME_RETURN_IF_ERROR(opened->ReadAt(0, whole.bytes()));
  auto footer = arrow_io::ReadFooter(whole.bytes(), object, model::KnownColumns(file.report));
  if (footer.ok()) kept.Put(object.key, std::move(whole));
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
  const store::ReadShape shape = store.read_shape();
  const auto keep = ChooseToKeep(catalog.files, shape.whole_object_bytes,
                                 kept == nullptr ? 0 : kept->most_bytes());
  for_each(catalog.files.size(), [&](size_t index) {
    CatalogFile& file = catalog.files[index];
    const auto read = [&] {
      return keep[index]
                 ? ReadWhole(store, file, *kept)
                 : arrow_io::ReadFooter(store, file.file.object, model::KnownColumns(file.report));
    };
    auto footer = read();
    // What the network spoiled comes well the second time.
    if (shape.reads_in_flight > 1 && footer.status().code() == base::Code::kBadInput)
      footer = read();
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
