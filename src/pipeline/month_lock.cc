// SPDX-License-Identifier: Apache-2.0
#include "pipeline/month_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <sys/file.h>

#include "sink/durable_file.h"

namespace matome::pipeline {

std::string LedgerDirectory(const std::string& output_directory, const std::string& source_uuid) {
  return fmt::format("{}/_matome/ledger/source={}", output_directory, source_uuid);
}

base::Result<MonthLock> MonthLock::Acquire(const std::string& output_directory,
                                           const std::string& source_uuid, model::Month month) {
  const std::string directory = LedgerDirectory(output_directory, source_uuid);
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return sink::WriteError("make the directory", directory, error.value());
  const std::string path = fmt::format("{}/{}.lock", directory, month.ToString());
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) return sink::WriteError("open", path, errno);
  MonthLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return sink::WriteError("lock", path, errno);
    return base::Status(
        base::Code::kLocked,
        fmt::format("another run summarises source {} of {} into {} now; wait for it to end",
                    source_uuid, month.ToString(), output_directory));
  }
  return lock;
}

MonthLock::MonthLock(MonthLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

MonthLock::~MonthLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace matome::pipeline
