// SPDX-License-Identifier: Apache-2.0
#include "sink/month_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <sys/file.h>

#include "sink/durable_file.h"

namespace matome::sink {

std::string LedgerDirectory(const std::string& output_directory, const std::string& source_uuid) {
  return fmt::format("{}/_matome/ledger/source={}", output_directory, source_uuid);
}

base::Result<MonthLock> MonthLock::Acquire(const std::string& output_directory,
                                           const std::string& source_uuid, model::Month month) {
  const std::string directory = LedgerDirectory(output_directory, source_uuid);
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return WriteError("make the directory", directory, error.value());
  const std::string path = fmt::format("{}/{}.lock", directory, month.ToString());
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) return WriteError("open", path, errno);
  MonthLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return WriteError("lock", path, errno);
    return base::Status(
        base::Code::kLocked,
        fmt::format("another run summarises source {} of {} into {} now; wait for it to end",
                    source_uuid, month.ToString(), output_directory));
  }
  return lock;
}

base::Result<bool> MonthLock::IsHeld(const std::string& output_directory,
                                     const std::string& source_uuid, model::Month month) {
  const std::string path =
      fmt::format("{}/{}.lock", LedgerDirectory(output_directory, source_uuid), month.ToString());
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return WriteError("open", path, errno);
  }
  const MonthLock look(descriptor);
  // A shared lock is refused by the exclusive one of a run, and others may look at the same time.
  return ::flock(descriptor, LOCK_SH | LOCK_NB) != 0;
}

MonthLock::MonthLock(MonthLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

MonthLock::~MonthLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace matome::sink
