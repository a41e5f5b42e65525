// SPDX-License-Identifier: Apache-2.0
#include "ingest/payload_source.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include "ingest/archive.h"
#include "ingest/gunzip.h"
#include "ingest/input_file.h"
#include "ingest/printable.h"

namespace matome::ingest {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifestName = "manifest.json";
constexpr std::string_view kStandardInput = "-";
constexpr size_t kSniffBytes = 512;

bool IsArchiveName(std::string_view name) {
  constexpr std::array<std::string_view, 3> ends = {".tar.gz", ".tgz", ".tar"};
  return std::ranges::any_of(ends, [name](std::string_view end) { return name.ends_with(end); });
}

bool IsCsvName(std::string_view name) {
  return name.ends_with(".csv") || name.ends_with(".csv.gz");
}

std::string_view FileName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// Archives made by `tar -C folder .` have it before each name.
std::string_view WithoutDot(std::string_view name) {
  while (name.starts_with("./")) name.remove_prefix(2);
  return name;
}

UnpackLimits ToUnpackLimits(const PayloadLimits& limits) {
  return {
      .bytes = limits.bytes, .ratio = limits.ratio, .ratio_free_bytes = limits.ratio_free_bytes};
}

// Bytes that were looked at, then the rest.
class PrefixedSource final : public ByteSource {
 public:
  PrefixedSource(std::string front, std::unique_ptr<ByteSource> rest)
      : front_(std::move(front)), rest_(std::move(rest)) {}

  base::Result<size_t> Read(std::span<char> out) override {
    if (used_ == front_.size()) return rest_->Read(out);
    const size_t count = std::min(out.size(), front_.size() - used_);
    std::copy_n(front_.data() + used_, count, out.data());
    used_ += count;
    return count;
  }

 private:
  std::string front_;
  size_t used_ = 0;
  std::unique_ptr<ByteSource> rest_;
};

// Up to `most` bytes from the front of a source.
base::Result<std::string> ReadFront(ByteSource& source, size_t most) {
  std::string front(most, '\0');
  size_t size = 0;
  while (size < most) {
    MATOME_ASSIGN_OR_RETURN(const size_t count, source.Read(std::span(front).subspan(size)));
    if (count == 0) break;
    size += count;
  }
  front.resize(size);
  return front;
}

// The same bytes, or what they unpack to if they are packed.
base::Result<std::unique_ptr<ByteSource>> Unpacked(std::unique_ptr<ByteSource> bytes,
                                                   const PayloadLimits& limits) {
  MATOME_ASSIGN_OR_RETURN(std::string front, ReadFront(*bytes, 2));
  const bool is_packed = IsGzip(front);
  bytes = std::make_unique<PrefixedSource>(std::move(front), std::move(bytes));
  if (is_packed) bytes = std::make_unique<Gunzip>(std::move(bytes), ToUnpackLimits(limits));
  return bytes;
}

class ArchivePayload final : public Payload {
 public:
  static base::Result<std::unique_ptr<Payload>> Open(std::shared_ptr<const InputFile> file,
                                                     const PayloadOptions& options,
                                                     const std::atomic<bool>& stop) {
    const auto is_manifest = [&options](std::string_view name) {
      return (options.strict_names ? name : WithoutDot(name)) == kManifestName;
    };
    const ArchiveLimits limits = {.unpack = ToUnpackLimits(options.limits),
                                  .members = options.limits.members,
                                  .kept_bytes = options.limits.manifest_bytes};
    const std::string name = file->name();
    MATOME_ASSIGN_OR_RETURN(auto archive, Archive::Read(std::move(file), limits, is_manifest,
                                                        options.on_progress, stop));
    if (!archive.kept()) {
      return base::BadInput(
          "there is no manifest.json in the archive; for CSVs without one, give "
          "the CSV files themselves");
    }
    MATOME_ASSIGN_OR_RETURN(auto manifest, ParseManifest(archive.kept()->bytes));
    std::unique_ptr<ArchivePayload> payload(new ArchivePayload(std::move(archive), options.limits));
    payload->name_ = name;
    payload->manifest_ = std::move(manifest);
    payload->TakeMembers(options.strict_names);
    return std::unique_ptr<Payload>(std::move(payload));
  }

  base::Result<std::unique_ptr<ByteSource>> OpenCsv(size_t csv) const override {
    MATOME_ASSIGN_OR_RETURN(auto bytes, archive_.Open(archive_.members()[members_[csv]]));
    return Unpacked(std::move(bytes), limits_);
  }

 private:
  ArchivePayload(Archive archive, const PayloadLimits& limits)
      : archive_(std::move(archive)), limits_(limits) {}

  void TakeMembers(bool strict_names) {
    std::map<std::string_view, size_t> by_name;  // The last one of a name counts.
    for (size_t at = 0; at < archive_.members().size(); ++at) {
      const std::string_view name = archive_.members()[at].name;
      by_name[strict_names ? name : WithoutDot(name)] = at;
    }
    by_name.erase(kManifestName);
    for (size_t index = 0; index < manifest_->files.size(); ++index) {
      const std::string& name = manifest_->files[index];
      const auto found = by_name.find(name);
      if (found == by_name.end()) {
        missing_.push_back(name);
        continue;
      }
      csvs_.push_back({name, fmt::format("{}: {}", name_, name), index,
                       archive_.members()[found->second].size_bytes});
      members_.push_back(found->second);
      by_name.erase(found);
    }
    for (const auto& name : manifest_->resource_optimization_files) by_name.erase(name);
    for (const auto& [name, member] : by_name) ignored_.emplace_back(name);
  }

  Archive archive_;
  PayloadLimits limits_;
  std::vector<size_t> members_;  // By CSV.
};

// CSVs that are files of their own.
class FilesPayload final : public Payload {
 public:
  // A file that is open already.
  static std::unique_ptr<Payload> OfFile(std::shared_ptr<const InputFile> file,
                                         const PayloadLimits& limits) {
    std::unique_ptr<FilesPayload> payload(new FilesPayload(limits));
    payload->name_ = file->name();
    payload->AddCsv(std::string(FileName(file->name())), 0, file->size_bytes());
    payload->csvs_.front().where = file->name();
    payload->file_ = std::move(file);
    return payload;
  }

  static base::Result<std::unique_ptr<Payload>> OfFolder(const PayloadInput& input,
                                                         const PayloadOptions& options,
                                                         const std::atomic<bool>& stop) {
    std::unique_ptr<FilesPayload> payload(new FilesPayload(options.limits));
    payload->name_ = input.path;
    std::vector<std::string> names = input.files;
    const auto manifest = std::ranges::find(names, kManifestName);
    if (manifest != names.end()) {
      MATOME_RETURN_IF_ERROR(payload->ReadManifest(stop));
      names.erase(manifest);
    }
    MATOME_RETURN_IF_ERROR(payload->TakeFiles(std::move(names)));
    return std::unique_ptr<Payload>(std::move(payload));
  }

  base::Result<std::unique_ptr<ByteSource>> OpenCsv(size_t csv) const override {
    std::shared_ptr<const InputFile> file = file_;
    if (file == nullptr) {
      const std::atomic<bool> never = false;
      MATOME_ASSIGN_OR_RETURN(file, InputFile::Open(PathOf(csvs_[csv].name), limits_.bytes, never));
    }
    return Unpacked(std::make_unique<FileSource>(std::move(file)), limits_);
  }

 private:
  explicit FilesPayload(const PayloadLimits& limits) : limits_(limits) {}

  std::string PathOf(const std::string& name) const { return fs::path(name_) / name; }

  void AddCsv(std::string name, size_t index, int64_t size_bytes) {
    std::string where = fmt::format("{}: {}", name_, name);
    csvs_.push_back({std::move(name), std::move(where), index, size_bytes});
  }

  base::Status ReadManifest(const std::atomic<bool>& stop) {
    MATOME_ASSIGN_OR_RETURN(const auto file, InputFile::Open(PathOf(std::string(kManifestName)),
                                                             limits_.manifest_bytes, stop));
    if (file->size_bytes() > limits_.manifest_bytes) {
      return base::BadInput(
          fmt::format("manifest.json: more than {} bytes", limits_.manifest_bytes));
    }
    FileSource bytes(file);
    MATOME_ASSIGN_OR_RETURN(const std::string text,
                            ReadFront(bytes, static_cast<size_t>(file->size_bytes())));
    MATOME_ASSIGN_OR_RETURN(manifest_, ParseManifest(text));
    return {};
  }

  base::Status TakeFiles(std::vector<std::string> names) {
    const auto size_of = [this](const std::string& name) {
      std::error_code error;
      const auto size = fs::file_size(PathOf(name), error);
      return error ? int64_t{0} : static_cast<int64_t>(size);
    };
    if (!manifest_) {
      for (size_t at = 0; at < names.size(); ++at) AddCsv(names[at], at, size_of(names[at]));
      return {};
    }
    for (size_t index = 0; index < manifest_->files.size(); ++index) {
      const std::string& name = manifest_->files[index];
      // Whatever its name ends in, as long as it is a file in this folder.
      std::error_code error;
      if (!fs::is_regular_file(PathOf(name), error)) {
        missing_.push_back(name);
        continue;
      }
      AddCsv(name, index, size_of(name));
      std::erase(names, name);
    }
    for (const auto& name : manifest_->resource_optimization_files) std::erase(names, name);
    ignored_ = std::move(names);
    return {};
  }

  PayloadLimits limits_;
  std::shared_ptr<const InputFile> file_;  // Null: the CSVs lie in the folder.
};

base::Result<std::unique_ptr<Payload>> OpenFile(std::shared_ptr<const InputFile> file,
                                                const PayloadOptions& options,
                                                const std::atomic<bool>& stop) {
  MATOME_ASSIGN_OR_RETURN(auto bytes, Unpacked(std::make_unique<FileSource>(file), options.limits));
  const bool must_be_archive = IsArchiveName(file->name());
  // An archive that is damaged at its very front is told as such below.
  const auto front = ReadFront(*bytes, kSniffBytes);
  if (!front.ok() && !must_be_archive) return front.status();
  if (must_be_archive || IsTar(*front)) return ArchivePayload::Open(std::move(file), options, stop);
  return FilesPayload::OfFile(std::move(file), options.limits);
}

base::Result<PayloadInput> FolderInput(const fs::path& folder, std::vector<std::string> names) {
  PayloadInput input{
      .kind = PayloadInput::Kind::kFolder, .path = folder, .files = std::move(names)};
  for (const auto& name : input.files) {
    std::error_code error;
    const auto size = fs::file_size(folder / name, error);
    if (!error) input.size_bytes += static_cast<int64_t>(size);
  }
  return input;
}

base::Result<std::vector<PayloadInput>> FindInFolder(const fs::path& folder) {
  std::error_code error;
  std::vector<std::string> archives;
  std::vector<std::string> csvs;
  bool has_manifest = false;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (!at->is_regular_file(ignored)) continue;
    std::string name = at->path().filename();
    if (name == kManifestName) {
      has_manifest = true;
    } else if (name.starts_with('.')) {
      continue;
    } else if (IsArchiveName(name)) {
      archives.push_back(std::move(name));
    } else if (IsCsvName(name)) {
      csvs.push_back(std::move(name));
    }
  }
  if (error) {
    return base::Usage(fmt::format("cannot list {}: {}", folder.string(), error.message()));
  }
  std::ranges::sort(archives);
  std::ranges::sort(csvs);
  std::vector<PayloadInput> inputs;
  for (const auto& name : archives) {
    std::error_code unknown;
    const auto size = fs::file_size(folder / name, unknown);
    inputs.push_back({.kind = PayloadInput::Kind::kFile,
                      .path = folder / name,
                      .size_bytes = unknown ? 0 : static_cast<int64_t>(size)});
  }
  if (has_manifest) csvs.emplace_back(kManifestName);
  if (!csvs.empty()) {
    MATOME_ASSIGN_OR_RETURN(auto input, FolderInput(folder, std::move(csvs)));
    inputs.push_back(std::move(input));
  }
  if (inputs.empty()) {
    return base::Usage(fmt::format(
        "{} has no payload in it: no manifest.json, *.csv, *.csv.gz, *.tar.gz, *.tgz or *.tar",
        folder.string()));
  }
  return inputs;
}

}  // namespace

base::Result<std::vector<PayloadInput>> FindPayloads(const std::string& path) {
  if (path == kStandardInput) {
    return std::vector{PayloadInput{.kind = PayloadInput::Kind::kStandardInput, .path = path}};
  }
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) {
    return base::Usage(fmt::format("cannot open {}: {}", path,
                                   error ? error.message() : "there is no such file or folder"));
  }
  if (fs::is_directory(status)) return FindInFolder(path);
  PayloadInput input{.kind = PayloadInput::Kind::kFile, .path = path};
  if (const auto size = fs::file_size(path, error); !error) {
    input.size_bytes = static_cast<int64_t>(size);
  }
  return std::vector{std::move(input)};
}

base::Result<std::unique_ptr<Payload>> OpenPayload(const PayloadInput& input,
                                                   const PayloadOptions& options,
                                                   const std::atomic<bool>& stop) {
  const auto named = [&](base::Result<std::unique_ptr<Payload>> opened,
                         const std::string& name) -> base::Result<std::unique_ptr<Payload>> {
    if (opened.ok()) return opened;
    return std::move(opened).status().WithContext(name);
  };
  if (input.kind == PayloadInput::Kind::kFolder)
    return named(FilesPayload::OfFolder(input, options, stop), input.path);
  std::shared_ptr<const InputFile> file;
  if (input.kind == PayloadInput::Kind::kStandardInput) {
    MATOME_ASSIGN_OR_RETURN(file, InputFile::CopyStandardInput(options.limits.bytes, stop));
  } else {
    MATOME_ASSIGN_OR_RETURN(file, InputFile::Open(input.path, options.limits.bytes, stop));
  }
  const std::string name = file->name();
  return named(OpenFile(std::move(file), options, stop), name);
}

}  // namespace matome::ingest
