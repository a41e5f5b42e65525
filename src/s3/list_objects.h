// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "s3/client.h"
#include "store/object_store.h"

namespace matome::s3 {

/// One page of ListObjectsV2.
struct ListPage {
  std::vector<store::ObjectRef> objects;  // Keys are those of the bucket.
  std::vector<std::string> prefixes;      // What stands for more objects when there is a delimiter.
  std::string next_token;                 // Empty: it is the last page.
};

/// kBadInput with what is wrong if it is not what S3 answers.
base::Result<ListPage> ParseListPage(std::string_view xml);

/// An ETag as versions have it: without quotes, and without the mark of a weak one, which some
/// gateways add.
std::string VersionOfETag(std::string_view etag);

/// All that begins with `prefix`, page by page; sorted. With a delimiter of "/" only the objects
/// directly below, and `prefixes` for the rest. next_token is empty. With a limit, only the first
/// page, and of that no more than `limit`.
base::Result<ListPage> ListObjects(const Client& client, const std::string& prefix,
                                   const std::string& delimiter, std::optional<size_t> limit = {});

}  // namespace matome::s3
