// SPDX-License-Identifier: Apache-2.0
#include "sink/day_tree.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include <fmt/format.h>
#include <sys/stat.h>

#include "model/table_schema.h"
#include "sink/day_file.h"
#include "sink/durable_file.h"

namespace matome::sink {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporaryPrefix = ".part-0.";
constexpr std::string_view kTemporarySuffix = ".tmp";

std::string FileName(FileFormat format) { return fmt::format("part-0.{}", FileExtension(format)); }

FileFormat Other(FileFormat format) {
  return format == FileFormat::kParquet ? FileFormat::kCsv : FileFormat::kParquet;
}

/// The first day file, of any format, below a source's directory. All days of a source have one
/// format.
std::optional<fs::path> FirstDayFile(const fs::path& source) {
  std::error_code error;
  for (fs::recursive_directory_iterator entry(source, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().filename().string().starts_with("part-0.")) return entry->path();
  }
  return std::nullopt;
}

/// A day file of `format` anywhere in a tree.
std::optional<std::string> FindDay(const fs::path& table, FileFormat format) {
  std::error_code error;
  for (fs::directory_iterator source(table, error), end; !error && source != end;
       source.increment(error)) {
    const auto found = FirstDayFile(source->path());
    if (found && found->filename() == FileName(format)) return found->string();
  }
  return std::nullopt;
}

}  // namespace

std::string_view FileExtension(FileFormat format) {
  return format == FileFormat::kParquet ? "parquet" : "csv";
}

std::string SourceDirectory(const std::string& output_directory, const std::string& source_uuid) {
  return (fs::path(output_directory) / model::kSummaryTable / ("source=" + source_uuid)).string();
}

DayTree::DayTree(std::string source_directory, FileFormat format, model::Semantics semantics,
                 std::string run_id)
    : source_directory_(std::move(source_directory)),
      format_(format),
      semantics_(semantics),
      file_name_(FileName(format)),
      temporary_name_(fmt::format("{}{}{}", kTemporaryPrefix, run_id, kTemporarySuffix)) {}

base::Result<DayTree> DayTree::Open(const std::string& output_directory,
                                    const std::string& source_uuid, FileFormat format,
                                    model::Semantics semantics, const std::string& run_id) {
  const fs::path table = fs::path(output_directory) / model::kSummaryTable;
  if (const auto other = FindDay(table, Other(format))) {
    return base::Usage(fmt::format(
        "the output {} holds {} files ({}); use --format {} or another --output", output_directory,
        FileExtension(Other(format)), *other, FileExtension(Other(format))));
  }
  return DayTree(SourceDirectory(output_directory, source_uuid), format, semantics, run_id);
}

std::string DayTree::DirectoryOf(model::Month month) const {
  return fmt::format("{}/year={}/month={}", source_directory_, month.year, month.month);
}

std::string DayTree::DirectoryOf(model::Day day) const {
  const model::Month month = model::Month::Of(day);
  return fmt::format("{}/day={}", DirectoryOf(month), month.day_of(day));
}

base::Result<std::optional<std::string>> DayTree::StampOf(model::Day day) const {
  struct stat info{};
  const std::string path = DirectoryOf(day) + "/" + file_name_;
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::string>();
    return WriteError("look at", path, errno);
  }
  return std::optional(
      fmt::format("{}-{}.{:09}", info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec));
}

base::Status DayTree::Replace(const model::DaySummary& summary,
                              const model::RunConstants& constants) {
  MATOME_ASSIGN_OR_RETURN(auto file,
                          DurableFile::Create(DirectoryOf(summary.day), temporary_name_));
  const auto write = [&file](std::span<const uint8_t> bytes) { return file.Write(bytes); };
  if (format_ == FileFormat::kParquet) {
    MATOME_RETURN_IF_ERROR(WriteParquetDay(summary, constants, write));
  } else {
    MATOME_RETURN_IF_ERROR(WriteCsvDay(summary, constants, semantics_, write));
  }
  return std::move(file).Commit(file_name_);
}

base::Status DayTree::Remove(model::Day day) {
  const std::string directory = DirectoryOf(day);
  const std::string path = directory + "/" + file_name_;
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return WriteError("remove", path, errno);
  }
  MATOME_RETURN_IF_ERROR(SyncDirectory(directory));
  ::rmdir(directory.c_str());  // Only if nothing else is in it.
  return {};
}

base::Status DayTree::RemoveLeftovers(model::Month month) {
  std::error_code error;
  const std::string directory = DirectoryOf(month);
  if (!fs::exists(directory, error)) return {};
  std::vector<fs::path> leftovers;
  for (fs::recursive_directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(kTemporaryPrefix) && name.ends_with(kTemporarySuffix))
      leftovers.push_back(entry->path());
  }
  for (const auto& path : leftovers) fs::remove(path, error);
  if (error) return WriteError("clean up", directory, error.value());
  return {};
}

base::Result<int64_t> DayTree::RemoveMonth(model::Month month) {
  int64_t files = 0;
  for (model::Day day = month.first_day(); day <= month.last_day(); day = day + 1) {
    MATOME_ASSIGN_OR_RETURN(const auto stamp, StampOf(day));
    if (stamp) ++files;
    MATOME_RETURN_IF_ERROR(Remove(day));
  }
  ::rmdir(DirectoryOf(month).c_str());
  return files;
}

}  // namespace matome::sink
