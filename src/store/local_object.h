// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "store/object_store.h"

namespace matome::store {

/// An open file.
class LocalObject final : public RandomAccessObject {
 public:
  /// Takes the descriptor.
  LocalObject(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  LocalObject(const LocalObject&) = delete;
  LocalObject& operator=(const LocalObject&) = delete;
  ~LocalObject() override;

  base::Status ReadAt(int64_t offset, std::span<uint8_t> out) const override;

 private:
  int descriptor_;
  std::string path_;
};

/// An error of the operating system about an object that was listed: gone is kInputChanged, not to
/// be read kBadInput, anything else kStoreUnavailable.
base::Status ReadError(std::string_view what, const std::string& path, int error);

}  // namespace matome::store
