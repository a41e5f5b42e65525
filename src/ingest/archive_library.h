// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "base/status.h"

namespace matome::ingest {

/// What of libarchive is used, by its own names without "archive_".
struct ArchiveLibrary {
  decltype(&archive_read_new) read_new;
  decltype(&archive_read_free) read_free;
  decltype(&archive_read_support_format_tar) read_support_format_tar;
  decltype(&archive_read_open) read_open;
  decltype(&archive_read_next_header) read_next_header;
  decltype(&archive_read_header_position) read_header_position;
  decltype(&archive_read_data_block) read_data_block;
  decltype(&archive_error_string) error_string;
  decltype(&archive_version_string) version_string;
  decltype(&archive_entry_pathname) entry_pathname;
  decltype(&archive_entry_pathname_utf8) entry_pathname_utf8;
  decltype(&archive_entry_filetype) entry_filetype;
  decltype(&archive_entry_hardlink) entry_hardlink;
  decltype(&archive_entry_size) entry_size;
};

/// Loads libarchive, once, and never lets go of it: with all the formats that it can unpack it
/// costs a part of the program's start, and only archives need it. kFailed where it is not
/// installed. Thread-safe.
base::Result<const ArchiveLibrary*> LoadArchiveLibrary();

}  // namespace matome::ingest
