// SPDX-License-Identifier: Apache-2.0
#include "doctor/output_checks.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <sys/statvfs.h>

#include "report/text.h"
#include "sink/day_tree.h"
#include "sink/month_lock.h"

namespace matome::doctor {
namespace {

namespace fs = std::filesystem;

/// The directory, or the nearest one above it that there is.
fs::path NearestExisting(const std::string& directory) {
  std::error_code error;
  fs::path path = fs::absolute(directory, error).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  while (path.has_parent_path() && path != path.parent_path() && !fs::exists(path, error))
    path = path.parent_path();
  return path;
}

/// Whether files can be made there.
Check CheckDirectory(const std::string& name, const std::string& directory) {
  const fs::path existing = NearestExisting(directory);
  std::error_code error;
  if (!fs::is_directory(existing, error)) {
    return Failure(name, base::Failed(fmt::format("{} is not a directory", existing.string())),
                   "name another with --output");
  }
  // Tried, because privileges do not tell of a file system that is read-only or full.
  std::string trial = (existing / ".matome-doctor-XXXXXX").string();
  if (::mkdtemp(trial.data()) == nullptr) {
    return Failure(name,
                   base::Failed(fmt::format("{}: {}", existing.string(), std::strerror(errno))),
                   "let the user that runs matome write there");
  }
  ::rmdir(trial.c_str());
  return Ok(name,
            fs::exists(directory, error) ? "writable" : "will be made, in " + existing.string());
}

}  // namespace

Checks CheckTree(const sink::TreeTarget& target, const std::string& source_uuid,
                 const std::vector<model::Month>& months) {
  Checks checks;
  const std::string name = "output " + target.Describe();
  std::string finding = "no other format is there";
  if (!target.s3) {
    Check written = CheckDirectory(name, target.directory);
    if (written.verdict != Verdict::kOk) return {std::move(written)};
    finding = std::move(written.finding);
  }
  const auto store = sink::OpenStore(target, "doctor");
  if (!store.ok()) {
    checks.push_back(Failure(name, store.status(), "name another with --output"));
    return checks;
  }
  const auto tree =
      sink::DayTree::Open(**store, source_uuid, target.format, model::Semantics::kTrino);
  if (!tree.ok()) {
    checks.push_back(Failure(name, tree.status(), "all days of an output have one format"));
    return checks;
  }
  checks.push_back(Ok(name, std::move(finding)));
  for (const auto month : months) {
    const std::string lock = fmt::format("lock of {} in {}", month.ToString(), target.Describe());
    const auto held = sink::IsMonthLocked(**store, source_uuid, month);
    if (!held.ok()) {
      checks.push_back(Failure(lock, held.status(), "what holds the lock must be accessible"));
    } else if (*held) {
      checks.push_back(
          Failure(lock, {base::Code::kLocked, "another run holds it"}, "wait for that run to end"));
    } else {
      checks.push_back(Ok(lock, "free"));
    }
  }
  return checks;
}

Check CheckFreeDisk(const std::string& directory, int64_t needed_bytes) {
  const std::string name = "disk of " + directory;
  const fs::path existing = NearestExisting(directory);
  struct statvfs info{};
  if (::statvfs(existing.c_str(), &info) != 0) {
    return Failure(name,
                   base::Failed(fmt::format("{}: {}", existing.string(), std::strerror(errno))),
                   "the output must be accessible");
  }
  const auto free_bytes = static_cast<int64_t>(info.f_bavail) * static_cast<int64_t>(info.f_frsize);
  const std::string finding = fmt::format("{} free, about {} wanted", report::BytesText(free_bytes),
                                          report::BytesText(needed_bytes));
  if (free_bytes < needed_bytes)
    return Failure(name, base::Failed(finding), "free space, or name another --output");
  return Ok(name, finding);
}

}  // namespace matome::doctor
