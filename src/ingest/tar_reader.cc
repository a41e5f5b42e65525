// SPDX-License-Identifier: Apache-2.0
#include "ingest/tar_reader.h"

#include <fmt/format.h>

namespace matome::ingest {
namespace {

constexpr size_t kBlockBytes = size_t{1} << 17;

}  // namespace

TarReader::TarReader(const ArchiveLibrary& library, std::unique_ptr<ByteSource> source)
    : library_(library),
      source_(std::move(source)),
      block_(kBlockBytes),
      archive_(library.read_new()) {}

TarReader::~TarReader() {
  if (archive_ != nullptr) library_.read_free(archive_);
}

la_ssize_t TarReader::ReadBlock(archive* /*archive*/, void* reader, const void** block) {
  auto& self = *static_cast<TarReader*>(reader);
  auto count = self.source_->Read(self.block_);
  if (!count.ok()) {
    self.source_status_ = std::move(count).status();
    return ARCHIVE_FATAL;
  }
  *block = self.block_.data();
  return static_cast<la_ssize_t>(*count);
}

base::Status TarReader::Error(std::string_view what) const {
  if (!source_status_.ok()) return source_status_;
  const char* text = library_.error_string(archive_);
  return base::BadInput(fmt::format("damaged: {}: {}", what, text == nullptr ? "unknown" : text));
}

base::Result<std::unique_ptr<TarReader>> TarReader::Open(std::unique_ptr<ByteSource> source) {
  MATOME_ASSIGN_OR_RETURN(const ArchiveLibrary* library, LoadArchiveLibrary());
  std::unique_ptr<TarReader> reader(new TarReader(*library, std::move(source)));
  if (reader->archive_ == nullptr) return base::Failed("no memory to read an archive with");
  library->read_support_format_tar(reader->archive_);
  const int code =
      library->read_open(reader->archive_, reader.get(), nullptr, &TarReader::ReadBlock, nullptr);
  if (code != ARCHIVE_OK) return reader->Error("not an archive");
  return reader;
}

base::Result<std::optional<TarEntry>> TarReader::Next() {
  archive_entry* entry = nullptr;
  const int code = library_.read_next_header(archive_, &entry);
  if (code == ARCHIVE_EOF) return std::optional<TarEntry>();
  // A warning is about what we do not look at, such as owners in strange alphabets.
  if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return Error("header of a member");
  TarEntry read;
  read.header_offset = library_.read_header_position(archive_);
  const char* name = library_.entry_pathname_utf8(entry);
  if (name == nullptr) name = library_.entry_pathname(entry);
  if (name != nullptr) read.name = name;
  read.size_bytes = library_.entry_size(entry);
  if (library_.entry_hardlink(entry) != nullptr) {
    read.kind = TarEntry::Kind::kOther;
  } else if (library_.entry_filetype(entry) == AE_IFREG) {
    read.kind = TarEntry::Kind::kFile;
  } else if (library_.entry_filetype(entry) == AE_IFDIR) {
    read.kind = TarEntry::Kind::kFolder;
  }
  data_offset_ = 0;
  return std::optional(std::move(read));
}

base::Result<std::span<const char>> TarReader::ReadData() {
  const void* data = nullptr;
  size_t size = 0;
  la_int64_t offset = 0;
  while (true) {
    const int code = library_.read_data_block(archive_, &data, &size, &offset);
    if (code == ARCHIVE_EOF) return std::span<const char>();
    if (code != ARCHIVE_OK) return Error("data of a member");
    // A file with holes: no payload has one, and its size would mean nothing.
    if (offset != data_offset_) return base::BadInput("damaged: a member has holes");
    data_offset_ += static_cast<int64_t>(size);
    if (size > 0) return std::span(static_cast<const char*>(data), size);
  }
}

base::Status TarReader::ReadToEnd() {
  while (true) {
    MATOME_ASSIGN_OR_RETURN(const size_t count, source_->Read(block_));
    if (count == 0) return {};
  }
}

}  // namespace matome::ingest
