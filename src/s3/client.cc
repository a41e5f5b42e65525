// SPDX-License-Identifier: Apache-2.0
#include "s3/client.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "s3/http_date.h"
#include "s3/sha256.h"

namespace matome::s3 {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = S3Request::Kind;
using std::chrono::milliseconds;

/// A transfer this slow may still take its time; deadlines grow with the bytes.
constexpr int64_t kSlowestBytesPerSecond = 256 << 10;
/// The last try begins near the deadline and shall not be for nothing.
constexpr milliseconds kShortestTry{1'000};
/// A name that was never found is more likely to be wrong than its service to be away for long.
constexpr int kTriesOfUnknownName = 4;

std::string_view MethodOf(Kind kind) {
  switch (kind) {
    case Kind::kHead:
      return "HEAD";
    case Kind::kPut:
      return "PUT";
    case Kind::kDelete:
      return "DELETE";
    default:
      return "GET";
  }
}

const char* NameOf(Kind kind) {
  switch (kind) {
    case Kind::kGet:
      return "get";
    case Kind::kHead:
      return "head";
    case Kind::kList:
      return "list";
    case Kind::kPut:
      return "put";
    case Kind::kDelete:
      return "delete";
  }
  return "";
}

bool IsWrite(Kind kind) { return kind == Kind::kPut || kind == Kind::kDelete; }

int64_t MicrosecondsBetween(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
}

/// "This machine's clock is 312 s ahead of the store's"; empty if the answer has no date.
std::string DescribeSkew(const HttpAnswer& answer) {
  const std::string* const date = answer.Header("date");
  const auto theirs = date == nullptr ? std::nullopt : ParseHttpDate(*date);
  if (!theirs) return {};
  const auto ours =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto ahead = (ours - *theirs).count();
  return fmt::format("this machine's clock is {} s {} the store's", std::abs(ahead),
                     ahead < 0 ? "behind" : "ahead of");
}

}  // namespace

base::Result<std::unique_ptr<Client>> Client::Make(S3Options options) {
  MATOME_ASSIGN_OR_RETURN(auto credentials, MakeCredentialProvider(options));
  return Make(std::move(options), std::move(credentials));
}

base::Result<std::unique_ptr<Client>> Client::Make(
    S3Options options, std::unique_ptr<CredentialProvider> credentials) {
  if (options.requests_in_flight < 1) {
    return base::ConfigInvalid("requests in flight to S3 must be 1 or more");
  }
  std::string region = options.region;
  if (region.empty()) {
    MATOME_ASSIGN_OR_RETURN(region, FindRegion(options));
  }
  if (region.empty()) region = "us-east-1";
  MATOME_ASSIGN_OR_RETURN(Endpoint endpoint, Endpoint::Make(options, region));
  if (options.ca_bundle.empty()) {
    const char* const bundle = std::getenv("AWS_CA_BUNDLE");
    options.ca_bundle = bundle == nullptr ? "" : bundle;
  }
  return std::unique_ptr<Client>(new Client(std::move(options), std::move(region),
                                            std::move(endpoint), std::move(credentials)));
}

Client::Client(S3Options options, std::string region, Endpoint endpoint,
               std::unique_ptr<CredentialProvider> credentials)
    : options_(std::move(options)),
      region_(std::move(region)),
      endpoint_(std::move(endpoint)),
      credentials_(std::move(credentials)),
      pool_(ConnectionOptions(), options_.requests_in_flight) {}

HttpOptions Client::ConnectionOptions() const {
  return {.ca_bundle = options_.ca_bundle,
          .insecure = options_.insecure,
          .connect_timeout = options_.retry.connect_timeout,
          .stall_timeout = options_.retry.stall_timeout,
          .stall_bytes_per_second = options_.retry.stall_bytes_per_second,
          .stop = options_.stop};
}

std::string Client::Describe(std::string_view key) const {
  return fmt::format("s3://{}/{}", options_.bucket, key);
}

std::string Client::Where(const S3Request& request) const {
  std::string_view place = request.key;
  if (const auto prefix = request.query.find("prefix"); prefix != request.query.end())
    place = prefix->second;
  return fmt::format("{}: {}", Describe(place),
                     request.kind == Kind::kList ? "listing" : MethodOf(request.kind));
}

HttpRequest Client::Prepare(const S3Request& request, std::string_view method,
                            const Credentials& credentials) const {
  HttpRequest http{.method = std::string(method),
                   .url = endpoint_.Url(request.key, request.query),
                   .headers = request.headers,
                   .body = request.body,
                   .into = request.into};
  if (!request.body.empty() || method == "PUT") {
    http.headers.emplace_back("Content-Type", "application/octet-stream");
  }
  // HEAD has become GET to see the error; of an object no more than a byte is wanted.
  if (request.kind == Kind::kHead && method == "GET" && !request.key.empty()) {
    http.headers.emplace_back("Range", "bytes=0-0");
  }
  if (credentials.anonymous()) return http;
  http.headers.emplace_back("x-amz-content-sha256", request.body.empty() ? std::string(kEmptySha256)
                                                                         : Sha256Hex(request.body));
  if (!credentials.session_token.empty()) {
    http.headers.emplace_back("x-amz-security-token", credentials.session_token.Reveal());
  }
  http.signature = {.region = region_,
                    .access_key = credentials.access_key,
                    .secret_key = credentials.secret_key};
  return http;
}

base::Status Client::Explain(const S3Request& request, const HttpAnswer& answer,
                             const S3Error& error, const Verdict& verdict) const {
  std::string text = fmt::format("{} failed with {}", Where(request), answer.status);
  if (!error.code.empty()) text += " " + error.code;
  if (!error.message.empty()) text += ": " + error.message;
  if (!error.request_id.empty()) text += fmt::format(" (request {})", error.request_id);
  if (!error.region.empty() && error.region != region_) {
    text += fmt::format("; the bucket is in region {}, not {}: give --s3-region {}", error.region,
                        region_, error.region);
    return {base::Code::kStoreUnavailable, std::move(text)};
  }
  if (error.code == "RequestTimeTooSkewed") {
    if (const std::string skew = DescribeSkew(answer); !skew.empty()) text += "; " + skew;
  }
  if (!verdict.advice.empty()) text += fmt::format("; {}", verdict.advice);
  if (verdict.recovery == Recovery::kNone && (answer.status == 401 || answer.status == 403)) {
    text += fmt::format(" (credentials: {})", credentials_->Describe());
  }
  return {base::Code::kStoreUnavailable, std::move(text)};
}

Client::Attempt Client::Judged(const S3Request& request, HttpOutcome outcome,
                               const Credentials& used) const {
  HttpAnswer& answer = outcome.answer;
  const auto unavailable = [&](std::string_view what) {
    return base::Status(base::Code::kStoreUnavailable,
                        fmt::format("{} failed: {}", Where(request), what));
  };
  if (outcome.failure == HttpFailure::kStopped) {
    return {.status = {base::Code::kInterrupted, Where(request) + " was stopped"}};
  }
  if (outcome.failure != HttpFailure::kNone) {
    const Verdict verdict = Judge(outcome.failure);
    std::string what = outcome.error;
    if (!verdict.advice.empty()) what += fmt::format("; {}", verdict.advice);
    if (outcome.failure == HttpFailure::kResolve || outcome.failure == HttpFailure::kConnect ||
        outcome.failure == HttpFailure::kTls || outcome.failure == HttpFailure::kUntrusted) {
      what += fmt::format(" (endpoint {})", endpoint_.base_url());
    }
    return {.status = unavailable(what),
            .recovery = verdict.recovery,
            .unknown_name = outcome.failure == HttpFailure::kResolve};
  }
  answered_ = true;
  if (answer.ok()) {
    const std::string wrong = request.check ? request.check(answer) : "";
    if (wrong.empty()) return {.answer = std::move(answer)};
    return {.status = unavailable(wrong), .recovery = Recovery::kRetry};
  }
  const S3Error error = ParseS3Error(answer);
  const auto& also = request.also_answers;
  if (std::find(also.begin(), also.end(), answer.status) != also.end() &&
      error.code != "NoSuchBucket") {
    return {.answer = std::move(answer)};
  }
  const Verdict verdict = Judge(answer.status, error.code);
  Attempt attempt{.status = Explain(request, answer, error, verdict),
                  .recovery = verdict.recovery,
                  .at_least = RetryAfter(answer)};
  if (verdict.recovery == Recovery::kRenew && !credentials_->Expired(used)) {
    attempt.recovery = Recovery::kNone;
  }
  return attempt;
}

Client::Attempt Client::Try(const S3Request& request, std::string_view method,
                            milliseconds deadline) const {
  const auto credentials = credentials_->Get();
  if (!credentials.ok()) {
    const base::Status& status = credentials.status();
    const bool passes = status.code() == base::Code::kTemporary;
    return {.status = {passes ? base::Code::kStoreUnavailable : status.code(), status.message()},
            .recovery = passes ? Recovery::kRetry : Recovery::kNone};
  }
  HttpRequest http = Prepare(request, method, *credentials);
  const size_t bytes = std::max(request.body.size(), request.into ? request.into->size() : 0);
  http.deadline = deadline + milliseconds(bytes * 1000 / kSlowestBytesPerSecond);
  auto connection =
      pool_.Borrow({.finish = IsWrite(request.kind) || request.urgent, .urgent = request.urgent});
  if (!connection.ok())
    return {.status = std::move(connection).status().WithContext(Where(request))};
  HttpOutcome outcome = connection.value()->Send(http);
  {
    const std::lock_guard guard(traffic_mutex_);
    traffic_.bytes_fetched += outcome.answer.body_bytes;
  }
  const int status = outcome.answer.status;
  const bool unnamed = outcome.failure == HttpFailure::kNone && status >= 300 && status < 500 &&
                       status != 404 && status != 412 &&
                       outcome.answer.Header("x-minio-error-code") == nullptr;
  if (method == "HEAD" && unnamed) {
    // An answer to HEAD has no body that says what is wrong.
    http.method = "GET";
    http.headers = Prepare(request, "GET", *credentials).headers;
    outcome = connection.value()->Send(http);
  }
  return Judged(request, std::move(outcome), *credentials);
}

bool Client::TryAgain(Attempt& attempt, base::Backoff& backoff, Clock::time_point try_began) const {
  if (attempt.recovery != Recovery::kRetry) return false;
  const auto wait_began = Clock::now();
  const auto lost = lost_microseconds_ += MicrosecondsBetween(try_began, wait_began);
  if (lost > std::chrono::microseconds(options_.retry.run_deadline).count()) {
    attempt.status = {
        attempt.status.code(),
        fmt::format("{}; the run has spent {} s on requests that failed, and gives up",
                    attempt.status.message(), lost / 1'000'000)};
    return false;
  }
  const bool again = backoff.Wait(attempt.at_least);
  lost_microseconds_ += MicrosecondsBetween(wait_began, Clock::now());
  if (!again && options_.stop != nullptr && *options_.stop) {
    attempt.status = {base::Code::kInterrupted, attempt.status.message() + "; stopped"};
  }
  return again;
}

base::Result<HttpAnswer> Client::Send(const S3Request& request) const {
  const auto began = Clock::now();
  const RetryOptions& retry = options_.retry;
  base::Backoff backoff({.first_delay = retry.first_delay,
                         .longest_delay = retry.longest_delay,
                         .deadline = request.deadline.value_or(retry.request_deadline)},
                        options_.stop);
  bool renewed = false;
  Attempt attempt;
  while (true) {
    const auto try_began = Clock::now();
    attempt = Try(request, MethodOf(request.kind), std::max(backoff.left(), kShortestTry));
    if (attempt.answer) break;
    if (attempt.recovery == Recovery::kRenew && !std::exchange(renewed, true)) continue;
    if (attempt.unknown_name && !answered_ && backoff.retries() + 1 >= kTriesOfUnknownName) break;
    if (!TryAgain(attempt, backoff, try_began)) break;
  }
  {
    const std::lock_guard guard(traffic_mutex_);
    ++traffic_.requests[NameOf(request.kind)];
    traffic_.retries += backoff.retries() + (renewed ? 1 : 0);
    traffic_.wait_seconds += std::chrono::duration<double>(Clock::now() - began).count();
  }
  if (attempt.answer) return *std::move(attempt.answer);
  return backoff.Outcome(std::move(attempt.status));
}

base::Result<HttpOutcome> Client::SendOnce(const S3Request& request) const {
  MATOME_ASSIGN_OR_RETURN(const Credentials credentials, credentials_->Get());
  HttpRequest http = Prepare(request, MethodOf(request.kind), credentials);
  http.deadline = request.deadline.value_or(options_.retry.request_deadline);
  MATOME_ASSIGN_OR_RETURN(const auto connection, pool_.Borrow({.finish = IsWrite(request.kind),
                                                               .urgent = request.urgent}));
  return connection->Send(http);
}

store::Traffic Client::traffic() const {
  const std::lock_guard guard(traffic_mutex_);
  return traffic_;
}

}  // namespace matome::s3
