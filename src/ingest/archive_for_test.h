// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace matome::ingest {

/// What a tar archive can say that a member is.
inline constexpr char kTarFile = '0';
inline constexpr char kTarHardLink = '1';
inline constexpr char kTarLink = '2';
inline constexpr char kTarDevice = '3';
inline constexpr char kTarFolder = '5';
inline constexpr char kTarFifo = '6';
inline constexpr char kTarLongName = 'L';

/// One member of a tar archive, with its header.
std::string TarMember(std::string_view name, std::string_view bytes, char type = kTarFile,
                      std::string_view link = "");
/// What ends one.
std::string TarEnd();

std::string Gzip(std::string_view bytes);

/// A folder of the test's own below the temporary one, removed with what is in it.
class FolderForTest {
 public:
  FolderForTest();
  ~FolderForTest();
  FolderForTest(const FolderForTest&) = delete;
  FolderForTest& operator=(const FolderForTest&) = delete;

  const std::string& path() const { return path_; }
  /// Writes a file and returns its path.
  std::string Write(const std::string& name, std::string_view bytes) const;

 private:
  std::string path_;
};

}  // namespace matome::ingest
