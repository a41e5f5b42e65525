// SPDX-License-Identifier: Apache-2.0
#include "datagen/lake_file.h"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace matome::datagen {
namespace {

base::Status SystemError(std::string_view doing, const std::string& path, int error) {
  return base::Failed(fmt::format("cannot {} {}: {}", doing, path,
                                  std::error_code(error, std::generic_category()).message()));
}

}  // namespace

base::Result<LakeFile> LakeFile::Create(const std::string& path) {
  const auto slash = path.rfind('/');
  const size_t name = slash == std::string::npos ? 0 : slash + 1;
  std::string temporary_path = fmt::format("{}.{}.tmp", path.substr(0, name), path.substr(name));
  std::FILE* file = std::fopen(temporary_path.c_str(), "wb");
  if (file == nullptr) return SystemError("create", temporary_path, errno);
  std::setvbuf(file, nullptr, _IONBF, 0);  // The writer's blocks are large.
  return LakeFile(path, std::move(temporary_path), file);
}

LakeFile::~LakeFile() {
  if (file_ == nullptr) return;
  file_.reset();
  std::remove(temporary_path_.c_str());
}

base::Status LakeFile::Write(std::span<const uint8_t> bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
    return SystemError("write", temporary_path_, errno);
  }
  size_bytes_ += static_cast<int64_t>(bytes.size());
  return {};
}

base::Result<int64_t> LakeFile::Commit() && {
  if (std::fclose(file_.release()) != 0) {
    const int error = errno;
    std::remove(temporary_path_.c_str());
    return SystemError("write", temporary_path_, error);
  }
  if (std::rename(temporary_path_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    std::remove(temporary_path_.c_str());
    return SystemError("rename to", path_, error);
  }
  return size_bytes_;
}

base::Status MakeDirectories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  return error ? SystemError("create the directory", path, error.value()) : base::Status();
}

}  // namespace matome::datagen
