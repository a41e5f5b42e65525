// SPDX-License-Identifier: Apache-2.0
#include "s3/list_objects.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <pugixml.hpp>

namespace matome::s3 {

base::Result<ListPage> ParseListPage(std::string_view xml) {
  pugi::xml_document document;
  // Keys stay as they are, with blanks and line ends of all kinds.
  constexpr unsigned flags = pugi::parse_escapes | pugi::parse_cdata | pugi::parse_ws_pcdata_single;
  const auto parsed = document.load_buffer(xml.data(), xml.size(), flags, pugi::encoding_utf8);
  if (!parsed) {
    return base::BadInput(
        fmt::format("the listing breaks off at byte {}: {}", parsed.offset, parsed.description()));
  }
  const pugi::xml_node root = document.child("ListBucketResult");
  if (!root) return base::BadInput("the answer is no listing");
  const bool encoded = std::string_view(root.child_value("EncodingType")) == "url";
  const auto text = [&](const char* value) {
    return encoded ? PercentDecode(value) : std::string(value);
  };

  ListPage page;
  for (const pugi::xml_node entry : root.children("Contents")) {
    store::ObjectRef object{.key = text(entry.child_value("Key")),
                            .version = VersionOfETag(entry.child_value("ETag"))};
    const std::string_view size = entry.child_value("Size");
    const auto [end, error] =
        std::from_chars(size.data(), size.data() + size.size(), object.size_bytes);
    if (error != std::errc() || end != size.data() + size.size() || object.size_bytes < 0) {
      return base::BadInput(fmt::format("the listing has no size for '{}'", object.key));
    }
    page.objects.push_back(std::move(object));
  }
  for (const pugi::xml_node entry : root.children("CommonPrefixes")) {
    page.prefixes.push_back(text(entry.child_value("Prefix")));
  }
  if (std::string_view(root.child_value("IsTruncated")) == "true") {
    page.next_token = root.child_value("NextContinuationToken");
    if (page.next_token.empty()) {
      return base::BadInput("the listing goes on, and does not say where");
    }
  }
  return page;
}

std::string VersionOfETag(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return std::string(etag);
}

base::Result<ListPage> ListObjects(const Client& client, const std::string& prefix,
                                   const std::string& delimiter, std::optional<size_t> limit) {
  S3Request request{.kind = S3Request::Kind::kList,
                    .query = {{"list-type", "2"}, {"encoding-type", "url"}, {"prefix", prefix}}};
  if (!delimiter.empty()) request.query["delimiter"] = delimiter;
  if (limit) request.query["max-keys"] = std::to_string(*limit);
  ListPage page;
  request.check = [&](const HttpAnswer& answer) {
    auto parsed = ParseListPage(answer.body);
    if (!parsed.ok()) return parsed.status().message();
    page = std::move(parsed).value();
    return std::string();
  };

  ListPage all;
  do {
    MATOME_RETURN_IF_ERROR(client.Send(request).status());
    if (!page.next_token.empty() && page.next_token == request.query["continuation-token"]) {
      return base::Status(
          base::Code::kStoreUnavailable,
          client.Describe(prefix) + ": the listing does not end: its pages repeat themselves");
    }
    request.query["continuation-token"] = page.next_token;
    std::move(page.objects.begin(), page.objects.end(), std::back_inserter(all.objects));
    std::move(page.prefixes.begin(), page.prefixes.end(), std::back_inserter(all.prefixes));
  } while (!page.next_token.empty() && !limit);

  // S3 sorts; some that speak its language sort otherwise.
  std::sort(all.objects.begin(), all.objects.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  std::sort(all.prefixes.begin(), all.prefixes.end());
  return all;
}

}  // namespace matome::s3
