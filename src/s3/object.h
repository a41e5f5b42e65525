// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "s3/client.h"
#include "store/object_store.h"

namespace matome::s3 {

/// Random and long enough never to come twice.
std::string RandomId();

/// Fills `out` with the bytes of an object from `offset` on, if it still is the listed version of
/// the listed size: kInputChanged otherwise. kBadInput if it never had so many. `object.key` is the
/// bucket's.
base::Status ReadRange(const Client& client, const store::ObjectRef& object, int64_t offset,
                       std::span<uint8_t> out);

struct PutRequest {
  std::string key;  // The bucket's.
  std::string_view bytes;
  std::map<std::string, std::string> metadata = {};  // Without "x-amz-meta-".
  /// As in store::PutOptions.
  std::optional<std::string> expected_version = {};
  bool urgent = false;
  std::optional<std::chrono::milliseconds> deadline = {};
};

/// Writes an object, whole, and returns its version. It may be sent more than once, and the second
/// try of a conditional one is not refused for the sake of the first.
///
/// kLocked if the condition does not hold; kFailed if it has one and the store takes none.
base::Result<std::string> PutObject(const Client& client, const PutRequest& request);

/// What a store says of an object without sending it.
struct ObjectState {
  std::string version;
  std::string put_id;           // Of the conditional PUT that made it; else empty.
  std::chrono::seconds age{0};  // By the store's own clock.
};

/// Absent if the object is not there.
base::Result<std::optional<ObjectState>> StateOf(const Client& client, const std::string& key,
                                                 bool urgent = false);

}  // namespace matome::s3
