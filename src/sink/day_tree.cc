// SPDX-License-Identifier: Apache-2.0
#include "sink/day_tree.h"

#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "sink/tree_layout.h"

namespace matome::sink {
namespace {

std::string FileName(FileFormat format) { return fmt::format("part-0.{}", FileExtension(format)); }

FileFormat Other(FileFormat format) {
  return format == FileFormat::kParquet ? FileFormat::kCsv : FileFormat::kParquet;
}

/// A day file of `format` in the tree, as far as a look tells. All days have one format, so any of
/// this source, or of another, speaks for all of them.
base::Result<std::optional<std::string>> FindDay(const store::WritableStore& store,
                                                 const std::string& source_uuid,
                                                 FileFormat format) {
  constexpr size_t kLook = 100;
  for (const std::string& prefix : {SourcePrefix(source_uuid), TablePrefix()}) {
    MATOME_ASSIGN_OR_RETURN(const auto objects, store.ListSome(prefix, kLook));
    for (const auto& object : objects) {
      if (NameOf(object.key) == FileName(format)) return std::optional(object.key);
    }
  }
  return std::optional<std::string>();
}

/// The day that a day file of `format` in a month is of; absent for other objects.
std::optional<model::Day> DayOf(std::string_view key, std::string_view month_prefix,
                                model::Month month, FileFormat format) {
  constexpr std::string_view kDay = "day=";
  std::string_view rest = key.substr(month_prefix.size());
  if (!rest.starts_with(kDay)) return std::nullopt;
  rest.remove_prefix(kDay.size());
  int32_t number = 0;
  const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (parsed.ec != std::errc() || number < 1 || number > month.day_count()) return std::nullopt;
  // A number that is written in another way is not ours.
  if (rest != fmt::format("{}/{}", number, FileName(format))) return std::nullopt;
  return month.first_day() + (number - 1);
}

}  // namespace

base::Result<DayTree> DayTree::Open(store::WritableStore& store, const std::string& source_uuid,
                                    FileFormat format, model::Semantics semantics) {
  MATOME_ASSIGN_OR_RETURN(const auto other, FindDay(store, source_uuid, Other(format)));
  if (other) {
    const std::string_view extension = FileExtension(Other(format));
    return base::Usage(
        fmt::format("the output holds {} files ({}); use --format {} or another --output",
                    extension, store.Describe(*other), extension));
  }
  return DayTree(store, source_uuid, format, semantics);
}

std::string DayTree::KeyOf(model::Day day) const {
  return DayPrefix(source_uuid_, day) + FileName(format_);
}

base::Result<std::map<model::Day, std::string>> DayTree::Stamps(model::Month month) const {
  const std::string prefix = MonthPrefix(source_uuid_, month);
  MATOME_ASSIGN_OR_RETURN(auto objects, store_->List(prefix));
  std::map<model::Day, std::string> stamps;
  for (auto& object : objects) {
    if (const auto day = DayOf(object.key, prefix, month, format_))
      stamps[*day] = std::move(object.version);
  }
  return stamps;
}

base::Result<std::string> DayTree::Replace(const model::DaySummary& summary,
                                           const model::RunConstants& constants,
                                           const Fence& fence) {
  const auto produce = [&](const store::ByteSink& sink) -> base::Status {
    if (format_ == FileFormat::kParquet) {
      MATOME_RETURN_IF_ERROR(WriteParquetDay(summary, constants, sink));
    } else {
      MATOME_RETURN_IF_ERROR(WriteCsvDay(summary, constants, semantics_, sink));
    }
    return fence.lock == nullptr ? base::Status() : fence.lock->Check();
  };
  const std::string key = KeyOf(summary.day);
  auto stamp = store_->Put(
      key, produce, {.metadata = {}, .durable = true, .expected_version = fence.expected_stamp});
  const bool lock_is_lost = fence.lock != nullptr && !fence.lock->Check().ok();
  if (stamp.status().code() != base::Code::kLocked || lock_is_lost) return stamp;
  return base::Status(base::Code::kLocked,
                      fmt::format("another run has written {} since this one looked; run again "
                                  "when that run has ended",
                                  store_->Describe(key)));
}

base::Status DayTree::Remove(model::Day day) { return store_->Remove(KeyOf(day)); }

base::Result<int64_t> RemoveMonth(store::WritableStore& store, const std::string& source_uuid,
                                  model::Month month, const store::Lock& lock) {
  const std::string prefix = MonthPrefix(source_uuid, month);
  MATOME_ASSIGN_OR_RETURN(const auto objects, store.List(prefix));
  int64_t files = 0;
  for (const auto& object : objects) {
    if (!DayOf(object.key, prefix, month, FileFormat::kParquet) &&
        !DayOf(object.key, prefix, month, FileFormat::kCsv)) {
      continue;
    }
    MATOME_RETURN_IF_ERROR(lock.Check());
    MATOME_RETURN_IF_ERROR(store.Remove(object.key));
    ++files;
  }
  return files;
}

base::Status RemoveLeftovers(store::WritableStore& store, const std::string& source_uuid,
                             model::Month month) {
  MATOME_RETURN_IF_ERROR(store.RemoveLeftovers(MonthPrefix(source_uuid, month)));
  MATOME_RETURN_IF_ERROR(store.RemoveLeftovers(LedgerPrefix(source_uuid) + month.ToString() + "."));
  return store.RemoveLeftovers(QuarantinePrefix(source_uuid) + month.ToString() + "-");
}

}  // namespace matome::sink
