// SPDX-License-Identifier: Apache-2.0
#include "s3/s3_store.h"

#include <utility>

#include <fmt/format.h>

#include "s3/client.h"
#include "s3/list_objects.h"
#include "s3/object.h"
#include "s3/s3_lock.h"

namespace matome::s3 {
namespace {

using Kind = S3Request::Kind;

constexpr int64_t kMergeGapBytes = 512 << 10;
constexpr int64_t kWholeObjectBytes = 1 << 20;
constexpr size_t kLargestPutBytes = size_t{5} << 30;
class S3Object final : public store::RandomAccessObject {
 public:
  S3Object(const Client& client, store::ObjectRef object)
      : client_(client), object_(std::move(object)) {}

  base::Status ReadAt(int64_t offset, std::span<uint8_t> out) const override {
    return ReadRange(client_, object_, offset, out);
  }

 private:
  const Client& client_;
  store::ObjectRef object_;  // With the bucket's key.
};

}  // namespace

base::Result<std::unique_ptr<S3Store>> S3Store::Make(S3Options options) {
  if (!options.prefix.empty() && !options.prefix.ends_with('/')) options.prefix += '/';
  MATOME_ASSIGN_OR_RETURN(auto client, Client::Make(std::move(options)));
  return std::unique_ptr<S3Store>(new S3Store(std::move(client)));
}

S3Store::S3Store(std::unique_ptr<Client> client) : client_(std::move(client)) {}

S3Store::~S3Store() = default;

std::string S3Store::KeyInBucket(std::string_view key) const {
  return client_->options().prefix + std::string(key);
}

std::string S3Store::Describe(std::string_view key) const {
  return client_->Describe(KeyInBucket(key));
}

store::ReadShape S3Store::read_shape() const {
  return {.merge_gap_bytes = kMergeGapBytes,
          .whole_object_bytes = kWholeObjectBytes,
          .reads_in_flight = client_->options().requests_in_flight};
}

store::Traffic S3Store::traffic() const { return client_->traffic(); }

base::Result<std::vector<store::ObjectRef>> S3Store::List(std::string_view prefix) const {
  return ListUpTo(prefix, {});
}

base::Result<std::vector<store::ObjectRef>> S3Store::ListSome(std::string_view prefix,
                                                              size_t limit) const {
  return ListUpTo(prefix, limit);
}

base::Result<std::vector<store::ObjectRef>> S3Store::ListUpTo(std::string_view prefix,
                                                              std::optional<size_t> limit) const {
  const size_t root_size = client_->options().prefix.size();
  MATOME_ASSIGN_OR_RETURN(ListPage page, ListObjects(*client_, KeyInBucket(prefix), "", limit));
  // What consoles make as a "directory".
  std::erase_if(page.objects, [](const auto& object) { return object.key.ends_with('/'); });
  for (auto& object : page.objects) object.key.erase(0, root_size);
  return std::move(page.objects);
}

base::Result<std::vector<std::string>> S3Store::ListDirectories(std::string_view prefix) const {
  const std::string root = KeyInBucket(prefix);
  MATOME_ASSIGN_OR_RETURN(ListPage page, ListObjects(*client_, root, "/"));
  std::vector<std::string> names;
  for (const std::string& found : page.prefixes) {
    if (found.size() < root.size() + 2) continue;
    names.push_back(found.substr(root.size(), found.size() - root.size() - 1));
  }
  return names;
}

base::Result<std::unique_ptr<store::RandomAccessObject>> S3Store::Open(
    const store::ObjectRef& object) const {
  store::ObjectRef in_bucket = object;
  in_bucket.key = KeyInBucket(object.key);
  return std::unique_ptr<store::RandomAccessObject>(
      std::make_unique<S3Object>(*client_, std::move(in_bucket)));
}

base::Result<std::string> S3Store::Put(const std::string& key, const store::Produce& produce,
                                       const store::PutOptions& options) {
  std::string bytes;
  MATOME_RETURN_IF_ERROR(produce([&](std::span<const uint8_t> some) -> base::Status {
    if (bytes.size() + some.size() > kLargestPutBytes) {
      return base::Failed(Describe(key) +
                          " would have more than 5 GiB, which S3 does not take in one piece");
    }
    bytes.append(reinterpret_cast<const char*>(some.data()), some.size());
    return {};
  }));
  return PutObject(*client_, {.key = KeyInBucket(key),
                              .bytes = bytes,
                              .metadata = options.metadata,
                              .expected_version = options.expected_version});
}

base::Status S3Store::Remove(const std::string& key) {
  return client_->Send({.kind = Kind::kDelete, .key = KeyInBucket(key), .also_answers = {404}})
      .status();
}

base::Result<std::optional<store::StoredObject>> S3Store::Get(const std::string& key) const {
  MATOME_ASSIGN_OR_RETURN(
      HttpAnswer answer,
      client_->Send({.kind = Kind::kGet, .key = KeyInBucket(key), .also_answers = {404}}));
  if (answer.status == 404) return std::optional<store::StoredObject>();
  const std::string* const etag = answer.Header("etag");
  std::string version = etag == nullptr ? "" : VersionOfETag(*etag);
  return std::optional(store::StoredObject{std::move(answer.body), std::move(version)});
}

base::Result<std::optional<std::string>> S3Store::VersionOf(const std::string& key) const {
  MATOME_ASSIGN_OR_RETURN(auto state, StateOf(*client_, KeyInBucket(key)));
  if (!state) return std::optional<std::string>();
  return std::optional(std::move(state->version));
}

base::Result<std::unique_ptr<store::Lock>> S3Store::TakeLock(const std::string& key) {
  MATOME_ASSIGN_OR_RETURN(auto lock, S3Lock::Take(*client_, KeyInBucket(key), {}));
  compares_versions_ = lock->conditional();
  return std::unique_ptr<store::Lock>(std::move(lock));
}

base::Result<bool> S3Store::IsLocked(const std::string& key) const {
  return S3Lock::IsHeld(*client_, KeyInBucket(key), {});
}

// A PUT that was not finished has left nothing, and no other kind is used.
base::Status S3Store::RemoveLeftovers(std::string_view) { return {}; }

}  // namespace matome::s3
