// SPDX-License-Identifier: Apache-2.0
#include "store/local_object.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace matome::store {

base::Status ReadError(std::string_view what, const std::string& path, int error) {
  const std::string message = fmt::format("cannot {} {}: {}", what, path, std::strerror(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return base::InputChanged(message + "; it was there when the lake was listed");
    // One file that may not be read is a fault of that file; the lake as a whole answers.
    case EACCES:
    case EPERM:
      return base::BadInput(message);
    default:
      return {base::Code::kStoreUnavailable, message};
  }
}

LocalObject::~LocalObject() { ::close(descriptor_); }

base::Status LocalObject::ReadAt(int64_t offset, std::span<uint8_t> out) const {
  while (!out.empty()) {
    const ssize_t got = ::pread(descriptor_, out.data(), out.size(), offset);
    if (got < 0) {
      if (errno == EINTR) continue;
      return ReadError("read", path_, errno);
    }
    if (got == 0) return base::BadInput(fmt::format("{} ends before byte {}", path_, offset));
    offset += got;
    out = out.subspan(static_cast<size_t>(got));
  }
  return {};
}

}  // namespace matome::store
