// SPDX-License-Identifier: Apache-2.0
#include "ingest/archive_library.h"

#include <dlfcn.h>

#include <string>
#include <type_traits>

#include <fmt/format.h>

namespace matome::ingest {
namespace {

constexpr const char* kLibrary = "libarchive.so.13";

struct Loading {
  ArchiveLibrary functions{};
  std::string error;

  Loading() {
    void* const handle = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      error = dlerror();
      return;
    }
    const auto load = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
      if (function == nullptr) error = fmt::format("{} has no {}", kLibrary, name);
    };
    load(functions.read_new, "archive_read_new");
    load(functions.read_free, "archive_read_free");
    load(functions.read_support_format_tar, "archive_read_support_format_tar");
    load(functions.read_open, "archive_read_open");
    load(functions.read_next_header, "archive_read_next_header");
    load(functions.read_header_position, "archive_read_header_position");
    load(functions.read_data_block, "archive_read_data_block");
    load(functions.error_string, "archive_error_string");
    load(functions.version_string, "archive_version_string");
    load(functions.entry_pathname, "archive_entry_pathname");
    load(functions.entry_pathname_utf8, "archive_entry_pathname_utf8");
    load(functions.entry_filetype, "archive_entry_filetype");
    load(functions.entry_hardlink, "archive_entry_hardlink");
    load(functions.entry_size, "archive_entry_size");
  }
};

}  // namespace

base::Result<const ArchiveLibrary*> LoadArchiveLibrary() {
  static const Loading loading;
  if (!loading.error.empty()) {
    return base::Failed("the library for archives cannot be loaded: " + loading.error +
                        "; install it (Debian: libarchive13)");
  }
  return &loading.functions;
}

}  // namespace matome::ingest
