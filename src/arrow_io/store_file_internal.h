// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include "arrow_io/pool_internal.h"
#include "base/status.h"
#include "store/object_store.h"

namespace matome::arrow_io {

/// An object of the store as Arrow sees a file. Remembers the store's own error, because Arrow's
/// would hide its code.
class StoreFile final : public arrow::io::RandomAccessFile {
 public:
  StoreFile(const store::RandomAccessObject& object, int64_t size_bytes)
      : object_(object), size_bytes_(size_bytes) {}

  const base::Status& store_status() const { return store_status_; }

  arrow::Status Close() override { return arrow::Status::OK(); }
  bool closed() const override { return false; }
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Seek(int64_t position) override {
    position_ = position;
    return arrow::Status::OK();
  }
  arrow::Result<int64_t> GetSize() override { return size_bytes_; }

  arrow::Result<int64_t> ReadAt(int64_t position, int64_t bytes, void* out) override {
    const int64_t wanted = std::min(bytes, size_bytes_ - position);
    if (position < 0 || wanted < 0) return arrow::Status::IOError("read outside of the object");
    base::Status status =
        object_.ReadAt(position, {static_cast<uint8_t*>(out), static_cast<size_t>(wanted)});
    if (!status.ok()) {
      store_status_ = std::move(status);
      return arrow::Status::IOError(store_status_.message());
    }
    return wanted;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t bytes) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(bytes, Pool()));
    ARROW_ASSIGN_OR_RAISE(const int64_t got, ReadAt(position, bytes, buffer->mutable_data()));
    ARROW_RETURN_NOT_OK(buffer->Resize(got));
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  }
  arrow::Result<int64_t> Read(int64_t bytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t got, ReadAt(position_, bytes, out));
    position_ += got;
    return got;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t bytes) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, bytes));
    position_ += buffer->size();
    return buffer;
  }

 private:
  const store::RandomAccessObject& object_;
  int64_t size_bytes_;
  int64_t position_ = 0;
  base::Status store_status_;
};

}  // namespace matome::arrow_io
