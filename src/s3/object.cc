// SPDX-License-Identifier: Apache-2.0
#include "s3/object.h"

#include <algorithm>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "s3/http_date.h"
#include "s3/list_objects.h"

namespace matome::s3 {
namespace {

using Kind = S3Request::Kind;

constexpr const char* kPutIdHeader = "x-amz-meta-matome-put";

std::string Quoted(std::string_view version) { return fmt::format("\"{}\"", version); }

std::string VersionIn(const HttpAnswer& answer) {
  const std::string* const etag = answer.Header("etag");
  return etag == nullptr ? std::string() : VersionOfETag(*etag);
}

base::Status CheckMetadata(const PutRequest& request, const std::string& place) {
  for (const auto& [name, value] : request.metadata) {
    for (const char c : name + value) {
      if (c < ' ' || c > '~') {
        return base::Failed(fmt::format("{}: the metadata '{}' is not of ASCII", place, name));
      }
    }
  }
  return {};
}

}  // namespace

std::string RandomId() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", device(), device(), device(), device());
}

base::Status ReadRange(const Client& client, const store::ObjectRef& object, int64_t offset,
                       std::span<uint8_t> out) {
  const auto size = static_cast<int64_t>(out.size());
  if (offset < 0 || size > object.size_bytes - offset) {
    return base::BadInput(fmt::format("{}: {} bytes at {} are wanted, and it has {}",
                                      client.Describe(object.key), size, offset,
                                      object.size_bytes));
  }
  if (out.empty()) return {};

  S3Request request{
      .kind = Kind::kGet, .key = object.key, .into = out, .also_answers = {404, 412, 416}};
  const int64_t last = offset + size - 1;
  if (size < object.size_bytes) {
    request.headers.emplace_back("Range", fmt::format("bytes={}-{}", offset, last));
  }
  if (!object.version.empty()) request.headers.emplace_back("If-Match", Quoted(object.version));
  const std::string range = fmt::format("bytes {}-{}/{}", offset, last, object.size_bytes);
  bool changed = false;
  request.check = [&](const HttpAnswer& answer) -> std::string {
    const std::string version = VersionIn(answer);
    changed = !version.empty() && !object.version.empty() && version != object.version;
    if (changed) return {};
    const std::string* const sent = answer.Header("content-range");
    if (answer.status == 206 && (sent == nullptr || *sent != range)) {
      return fmt::format("it sent {} instead of {}", sent == nullptr ? "no range" : *sent, range);
    }
    if (answer.body_bytes == size) return {};
    return fmt::format("{} bytes came instead of {}", answer.body_bytes, size);
  };
  MATOME_ASSIGN_OR_RETURN(const HttpAnswer answer, client.Send(request));
  if (answer.ok() && !changed) return {};
  return base::InputChanged(fmt::format("{} {} since it was listed", client.Describe(object.key),
                                        answer.status == 404 ? "is gone" : "changed"));
}

base::Result<std::string> PutObject(const Client& client, const PutRequest& request) {
  const std::string place = client.Describe(request.key);
  MATOME_RETURN_IF_ERROR(CheckMetadata(request, place));
  S3Request sent{.kind = Kind::kPut,
                 .key = request.key,
                 .body = request.bytes,
                 .urgent = request.urgent,
                 .deadline = request.deadline};
  for (const auto& [name, value] : request.metadata) {
    if (value.empty()) continue;  // libcurl's signature knows no empty header.
    sent.headers.emplace_back("x-amz-meta-" + name, value);
  }
  const std::string put_id = RandomId();
  if (const auto& expected = request.expected_version) {
    sent.headers.emplace_back(kPutIdHeader, put_id);
    sent.headers.emplace_back(expected->empty() ? "If-None-Match" : "If-Match",
                              expected->empty() ? "*" : Quoted(*expected));
    sent.also_answers = {404, 409, 412, 501};
  }
  MATOME_ASSIGN_OR_RETURN(const HttpAnswer answer, client.Send(sent));
  if (answer.status == 501) {
    return base::Failed(place + ": the store refuses writes with a condition");
  }
  if (answer.ok() && answer.Header("etag") != nullptr) return VersionIn(answer);

  // A PUT that was refused may be the second try of one that was done and whose answer was lost.
  MATOME_ASSIGN_OR_RETURN(const auto state, StateOf(client, request.key, request.urgent));
  if (state && (answer.ok() || state->put_id == put_id)) return state->version;
  return base::Status(base::Code::kLocked,
                      place + (state ? " was written by somebody else meanwhile"
                                     : " was removed by somebody else meanwhile"));
}

base::Result<std::optional<ObjectState>> StateOf(const Client& client, const std::string& key,
                                                 bool urgent) {
  MATOME_ASSIGN_OR_RETURN(
      const HttpAnswer answer,
      client.Send({.kind = Kind::kHead, .key = key, .also_answers = {404}, .urgent = urgent}));
  if (answer.status == 404) return std::optional<ObjectState>();
  ObjectState state{.version = VersionIn(answer)};
  if (const std::string* const id = answer.Header(kPutIdHeader)) state.put_id = *id;
  const std::string* const modified = answer.Header("last-modified");
  const std::string* const date = answer.Header("date");
  const auto then = modified == nullptr ? std::nullopt : ParseHttpDate(*modified);
  const auto now = date == nullptr ? std::nullopt : ParseHttpDate(*date);
  if (then && now) state.age = *now - *then;
  return std::optional(std::move(state));
}

}  // namespace matome::s3
