// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "s3/s3_options.h"
#include "store/writable_store.h"

namespace matome::s3 {

class Client;

/// A bucket, or what is below a prefix of it. Versions are ETags; reads ask for the listed one
/// (If-Match). Requests are tried again by one table (retry.h), here and nowhere else.
///
/// Not to be reached, or denied: kStoreUnavailable, with what to do. Thread-safe.
class S3Store final : public store::WritableStore {
 public:
  /// Checks the options and finds credentials; asks nothing of the bucket yet. kConfigInvalid,
  /// kUsage.
  static base::Result<std::unique_ptr<S3Store>> Make(S3Options options);
  ~S3Store() override;

  base::Result<std::vector<store::ObjectRef>> List(std::string_view prefix) const override;
  base::Result<std::vector<store::ObjectRef>> ListSome(std::string_view prefix,
                                                       size_t limit) const override;
  base::Result<std::vector<std::string>> ListDirectories(std::string_view prefix) const override;
  base::Result<std::unique_ptr<store::RandomAccessObject>> Open(
      const store::ObjectRef& object) const override;
  std::string Describe(std::string_view key) const override;  // s3://bucket/prefix/key
  store::ReadShape read_shape() const override;
  store::Traffic traffic() const override;

  base::Result<std::string> Put(const std::string& key, const store::Produce& produce,
                                const store::PutOptions& options) override;
  /// True, unless TakeLock() found that this store's servers do not.
  bool compares_versions() const override { return compares_versions_; }
  base::Status Remove(const std::string& key) override;
  base::Result<std::optional<store::StoredObject>> Get(const std::string& key) const override;
  base::Result<std::optional<std::string>> VersionOf(const std::string& key) const override;
  base::Result<std::unique_ptr<store::Lock>> TakeLock(const std::string& key) override;
  base::Result<bool> IsLocked(const std::string& key) const override;
  base::Status RemoveLeftovers(std::string_view prefix) override;

  /// For checks that ask more than a store does.
  const Client& client() const { return *client_; }

 private:
  explicit S3Store(std::unique_ptr<Client> client);

  std::string KeyInBucket(std::string_view key) const;
  base::Result<std::vector<store::ObjectRef>> ListUpTo(std::string_view prefix,
                                                       std::optional<size_t> limit) const;

  std::unique_ptr<Client> client_;
  std::atomic<bool> compares_versions_ = true;
};

}  // namespace matome::s3
