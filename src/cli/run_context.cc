// SPDX-License-Identifier: Apache-2.0
#include "cli/run_context.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fmt/format.h>

namespace matome::cli {
namespace {

std::string ErrnoText() { return std::generic_category().message(errno); }

bool WriteAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

base::Status WriteResult(std::string_view text) {
  if (WriteAll(STDOUT_FILENO, text) || errno == EPIPE) return {};
  return base::Failed(fmt::format("cannot write the result to stdout: {}", ErrnoText()));
}

base::Status WriteFile(const std::string& path, std::string_view text) {
  const std::string temporary = fmt::format("{}.{}.tmp", path, getpid());
  const auto fail = [&] {
    base::Status status = base::Failed(fmt::format("cannot write {}: {}", path, ErrnoText()));
    ::unlink(temporary.c_str());
    return status;
  };
  // A device or a pipe cannot be replaced, only written to.
  const bool special = ::access(path.c_str(), F_OK) == 0 && path.starts_with("/dev/");
  const std::string& target = special ? path : temporary;
  const int descriptor = ::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) return fail();
  const bool written = WriteAll(descriptor, text);
  const int write_error = errno;
  if (::close(descriptor) != 0 && written) return fail();
  if (!written) {
    errno = write_error;
    return fail();
  }
  if (!special && std::rename(temporary.c_str(), path.c_str()) != 0) return fail();
  return {};
}

bool WantsColor(int descriptor, const config::Environment& environment) {
  const auto no_color = environment.find("NO_COLOR");
  if (no_color != environment.end() && !no_color->second.empty()) return false;
  const auto terminal = environment.find("TERM");
  if (terminal != environment.end() && terminal->second == "dumb") return false;
  return ::isatty(descriptor) == 1;
}

}  // namespace matome::cli
