// SPDX-License-Identifier: Apache-2.0
#include "s3/retry.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <pugixml.hpp>

#include "s3/http_date.h"

namespace matome::s3 {
namespace {

constexpr size_t kLongestMessage = 300;

constexpr std::string_view kDenied =
    "the credentials may not do this; check the policy of the bucket and of the user (needed: "
    "s3:ListBucket, s3:GetObject, for output also s3:PutObject and s3:DeleteObject)";
constexpr std::string_view kWrongKey = "check the access key";
constexpr std::string_view kWrongSecret =
    "check the secret key, and that no proxy changes the request's host or path";
constexpr std::string_view kSkew = "set this machine's clock, e.g. by NTP";
constexpr std::string_view kExpired = "get a new session token";
constexpr std::string_view kNoBucket = "check the bucket's name, the endpoint and the region";
constexpr std::string_view kRegion = "set the region that the bucket is in";
constexpr std::string_view kRedirected =
    "the store sends us elsewhere; set its own endpoint and the bucket's region";
constexpr std::string_view kArchived = "the object is archived; restore it first";
constexpr std::string_view kUnsupported = "the store cannot do this";
constexpr std::string_view kAccount = "ask whoever runs the store about the account";

struct CodeRow {
  std::string_view code;
  Verdict verdict;
};

constexpr auto kByCode = std::to_array<CodeRow>({
    {"SlowDown", {Recovery::kRetry}},
    {"SlowDownRead", {Recovery::kRetry}},
    {"SlowDownWrite", {Recovery::kRetry}},
    {"Throttling", {Recovery::kRetry}},
    {"ThrottlingException", {Recovery::kRetry}},
    {"RequestThrottled", {Recovery::kRetry}},
    {"RequestLimitExceeded", {Recovery::kRetry}},
    {"TooManyRequests", {Recovery::kRetry}},
    {"BandwidthLimitExceeded", {Recovery::kRetry}},
    {"ServiceUnavailable", {Recovery::kRetry}},
    {"InternalError", {Recovery::kRetry}},
    {"OperationAborted", {Recovery::kRetry}},
    // Sent with a 400 when our bytes came too slowly, or not as we sent them.
    {"RequestTimeout", {Recovery::kRetry}},
    {"RequestTimeoutException", {Recovery::kRetry}},
    {"IncompleteBody", {Recovery::kRetry}},
    {"BadDigest", {Recovery::kRetry}},
    {"XAmzContentSHA256Mismatch", {Recovery::kRetry}},
    {"ExpiredToken", {Recovery::kRenew, kExpired}},
    {"ExpiredTokenException", {Recovery::kRenew, kExpired}},
    {"TokenRefreshRequired", {Recovery::kRenew, kExpired}},
    {"RequestExpired", {Recovery::kNone, kSkew}},
    {"RequestTimeTooSkewed", {Recovery::kNone, kSkew}},
    {"AccessDenied", {Recovery::kNone, kDenied}},
    {"InvalidAccessKeyId", {Recovery::kNone, kWrongKey}},
    {"InvalidToken", {Recovery::kNone, "check the session token; it belongs to its access key"}},
    {"SignatureDoesNotMatch", {Recovery::kNone, kWrongSecret}},
    {"AccountProblem", {Recovery::kNone, kAccount}},
    {"AllAccessDisabled", {Recovery::kNone, kAccount}},
    {"NoSuchBucket", {Recovery::kNone, kNoBucket}},
    {"InvalidBucketName", {Recovery::kNone, kNoBucket}},
    {"PermanentRedirect", {Recovery::kNone, kRegion}},
    {"AuthorizationHeaderMalformed", {Recovery::kNone, kRegion}},
    {"IllegalLocationConstraintException", {Recovery::kNone, kRegion}},
    {"TemporaryRedirect", {Recovery::kNone, kRedirected}},
    {"InvalidObjectState", {Recovery::kNone, kArchived}},
    {"NotImplemented", {Recovery::kNone, kUnsupported}},
});

struct StatusRow {
  int status;
  Verdict verdict;
};

constexpr auto kByStatus = std::to_array<StatusRow>({
    {301, {Recovery::kNone, kRegion}},
    {302, {Recovery::kNone, kRedirected}},
    {307, {Recovery::kNone, kRedirected}},
    {308, {Recovery::kNone, kRedirected}},
    {401, {Recovery::kNone, kDenied}},
    {403, {Recovery::kNone, kDenied}},
    {407, {Recovery::kNone, "the proxy wants a user; give one in the proxy's URL"}},
    {408, {Recovery::kRetry}},
    {425, {Recovery::kRetry}},
    {429, {Recovery::kRetry}},
    {500, {Recovery::kRetry}},
    {501, {Recovery::kNone, kUnsupported}},
    {502, {Recovery::kRetry}},
    {503, {Recovery::kRetry}},
    {504, {Recovery::kRetry}},
    {507, {Recovery::kNone, "the store is full"}},
    {509, {Recovery::kRetry}},
});

struct FailureRow {
  HttpFailure failure;
  Verdict verdict;
};

constexpr auto kByFailure = std::to_array<FailureRow>({
    {HttpFailure::kResolve, {Recovery::kRetry, "check the endpoint's name"}},
    {HttpFailure::kConnect, {Recovery::kRetry, "check the endpoint, the network and the proxy"}},
    {HttpFailure::kTls, {Recovery::kRetry, "check the endpoint and the network"}},
    {HttpFailure::kUntrusted,
     {Recovery::kNone,
      "if the store speaks no TLS give http://; else check the endpoint's name, and give the CA "
      "that "
      "signed the store's certificate as CA bundle"}},
    {HttpFailure::kTimeout, {Recovery::kRetry}},
    {HttpFailure::kStall, {Recovery::kRetry}},
    {HttpFailure::kBroken, {Recovery::kRetry}},
    {HttpFailure::kTooLong, {Recovery::kNone, "the store does not serve ranges as asked"}},
    {HttpFailure::kStopped, {Recovery::kNone}},
    {HttpFailure::kOther, {Recovery::kNone, "check the endpoint and the proxy"}},
});

std::string OneLine(std::string_view text) {
  std::string line(text.substr(0, kLongestMessage));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  return line;
}

}  // namespace

S3Error ParseS3Error(const HttpAnswer& answer) {
  S3Error error;
  pugi::xml_document document;
  if (document.load_buffer(answer.body.data(), answer.body.size())) {
    const pugi::xml_node root = document.child("Error");
    error.code = OneLine(root.child_value("Code"));
    error.message = OneLine(root.child_value("Message"));
    error.region = OneLine(root.child_value("Region"));
    error.request_id = OneLine(root.child_value("RequestId"));
  }
  // What a proxy says, or a port that wants TLS.
  const std::string* const type = answer.Header("content-type");
  if (!document.document_element() && (type == nullptr || type->starts_with("text/plain"))) {
    error.message = OneLine(answer.body);
  }
  const auto take_header = [&](std::string& part, const char* name) {
    const std::string* const value = answer.Header(name);
    if (part.empty() && value != nullptr) part = OneLine(*value);
  };
  take_header(error.code, "x-minio-error-code");
  take_header(error.message, "x-minio-error-desc");
  take_header(error.region, "x-amz-bucket-region");
  take_header(error.request_id, "x-amz-request-id");
  return error;
}

Verdict Judge(int status, std::string_view s3_code) {
  const auto by_code = std::find_if(kByCode.begin(), kByCode.end(),
                                    [&](const CodeRow& row) { return row.code == s3_code; });
  if (by_code != kByCode.end()) return by_code->verdict;
  const auto by_status = std::find_if(kByStatus.begin(), kByStatus.end(),
                                      [&](const StatusRow& row) { return row.status == status; });
  if (by_status != kByStatus.end()) return by_status->verdict;
  return {status >= 500 ? Recovery::kRetry : Recovery::kNone};
}

Verdict Judge(HttpFailure failure) {
  return std::find_if(kByFailure.begin(), kByFailure.end(),
                      [&](const FailureRow& row) { return row.failure == failure; })
      ->verdict;
}

std::chrono::milliseconds RetryAfter(const HttpAnswer& answer) {
  using std::chrono::milliseconds;
  const std::string* const text = answer.Header("retry-after");
  if (text == nullptr) return milliseconds(0);
  int seconds = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error == std::errc() && end == text->data() + text->size()) {
    return std::chrono::seconds(std::max(seconds, 0));
  }
  const std::string* const date = answer.Header("date");
  const auto then = ParseHttpDate(*text);
  const auto now = date == nullptr ? std::nullopt : ParseHttpDate(*date);
  if (!then || !now || *then < *now) return milliseconds(0);
  return std::chrono::duration_cast<milliseconds>(*then - *now);
}

}  // namespace matome::s3
