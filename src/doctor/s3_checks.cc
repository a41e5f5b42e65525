// SPDX-License-Identifier: Apache-2.0
#include "doctor/s3_checks.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "doctor/s3_connection_checks.h"
#include "observe/phase_timer.h"
#include "report/text.h"
#include "s3/client.h"
#include "s3/credentials.h"
#include "s3/list_objects.h"
#include "s3/object.h"

namespace matome::doctor {
namespace {

using base::Code;
using Kind = s3::S3Request::Kind;

/// A preflight shall not take as long as a run may.
constexpr std::chrono::seconds kLongestDeadline{15};
constexpr int kRoundTrips = 5;
constexpr int kSpeedConnections = 4;
constexpr size_t kSpeedBytes = size_t{8} << 20;  // Of each connection.
constexpr double kSlowLatencySeconds = 0.2;
constexpr double kSlowBytesPerSecond = 10 << 20;
constexpr int64_t kEnoughBytes = 1 << 20;

std::string NameOf(const s3::S3Options& bucket) {
  std::string name = fmt::format("s3://{}/{}", bucket.bucket, bucket.prefix);
  name.pop_back();
  return name;
}

/// Which check an error of listing belongs to, by S3's word for it.
std::string_view CheckOf(std::string_view code) {
  if (code == "NoSuchBucket" || code == "InvalidBucketName" || code == "PermanentRedirect" ||
      code == "AuthorizationHeaderMalformed") {
    return "bucket";
  }
  if (code == "InvalidAccessKeyId" || code == "SignatureDoesNotMatch" || code == "InvalidToken" ||
      code == "ExpiredToken" || code == "RequestTimeTooSkewed") {
    return "keys";
  }
  return "listing";
}

/// What is to be done, where the message does not say it already.
std::string_view RemedyOf(std::string_view check) {
  if (check == "bucket") return "name the bucket in --input or --output, and its --s3-region";
  if (check == "keys") return "correct the keys, or this machine's clock (docs/operations.md)";
  return "allow s3:ListBucket on the bucket, or if it is not S3 that answers correct --s3-endpoint";
}

class BucketChecks {
 public:
  BucketChecks(const s3::Client& client, Checks& checks)
      : client_(client), name_(NameOf(client.options())), checks_(checks) {}

  void CheckReading() {
    if (!CheckListing()) return;
    const auto readable =
        std::find_if(objects_.begin(), objects_.end(),
                     [](const store::ObjectRef& object) { return object.size_bytes > 0; });
    const std::string check = "reading of " + name_;
    if (readable == objects_.end()) {
      checks_.push_back(Warning(check, "there is no object to try it on",
                                "is it the right bucket and prefix? Has a report been ingested?"));
    } else {
      uint8_t byte = 0;
      const auto status = s3::ReadRange(client_, *readable, 0, {&byte, 1});
      if (!status.ok()) {
        checks_.push_back(Failure(check, status, "allow s3:GetObject on the bucket's objects"));
        return;
      }
      checks_.push_back(Ok(check, "a byte of " + readable->key));
    }
    MeasureSpeed();
  }

  /// Puts a small object, once more on condition that there is none, and removes it.
  void CheckWriting() {
    if (!CheckListing()) return;
    const std::string check = "writing of " + name_;
    const std::string key = client_.options().prefix + "_matome/doctor-" + s3::RandomId();
    const s3::PutRequest put{.key = key, .bytes = "matome doctor\n", .deadline = kLongestDeadline};
    const auto version = s3::PutObject(client_, put);
    if (!version.ok()) {
      checks_.push_back(Failure(check, version.status(), "allow s3:PutObject on the bucket"));
      return;
    }
    s3::PutRequest conditional = put;
    conditional.expected_version = "";
    const auto again = s3::PutObject(client_, conditional);
    const auto removed =
        client_.Send({.kind = Kind::kDelete, .key = key, .deadline = kLongestDeadline}).status();
    if (!removed.ok()) {
      checks_.push_back(Failure(check, removed,
                                fmt::format("allow s3:DeleteObject on the bucket, and remove {}",
                                            client_.Describe(key))));
    } else if (again.status().code() != Code::kLocked) {
      checks_.push_back(Warning(
          check, "the store knows no conditional writes (If-None-Match)",
          "let no two runs of the same month and output begin at the same moment; a newer version "
          "of the store may know them"));
    } else {
      checks_.push_back(Ok(check, "an object was put, and removed"));
    }
  }

 private:
  s3::S3Request FirstPage() {
    return {.kind = Kind::kList,
            .query = {{"list-type", "2"},
                      {"encoding-type", "url"},
                      {"max-keys", "1000"},
                      {"prefix", client_.options().prefix}},
            .check =
                [this](const s3::HttpAnswer& answer) {
                  auto page = s3::ParseListPage(answer.body);
                  if (!page.ok()) return page.status().message();
                  objects_ = std::move(page->objects);
                  more_ = !page->next_token.empty();
                  return std::string();
                },
            .deadline = kLongestDeadline};
  }

  bool CheckListing() {
    const s3::S3Request request = FirstPage();
    const auto listed = client_.Send(request);
    const std::string& bucket = client_.options().bucket;
    if (!listed.ok()) {
      const auto once = client_.SendOnce(request);
      const auto check = CheckOf(once.ok() ? s3::ParseS3Error(once->answer).code : "");
      checks_.push_back(Failure(check == "keys" ? "S3 keys" : fmt::format("{} {}", check, bucket),
                                listed.status(), std::string(RemedyOf(check))));
      return false;
    }
    checks_.push_back(Ok("bucket " + bucket, "there, region " + client_.region()));
    checks_.push_back(Ok(
        "listing of " + name_,
        fmt::format("{}{}", more_ ? "more than " : "",
                    report::Counted(static_cast<int64_t>(objects_.size()), "object", "objects"))));
    return true;
  }

  void MeasureSpeed() {
    SpeedFacts facts;
    facts.latency_seconds = std::numeric_limits<double>::infinity();
    for (int trip = 0; trip < kRoundTrips; ++trip) {
      const observe::Stopwatch stopwatch;
      const auto outcome = client_.SendOnce({.kind = Kind::kHead, .deadline = kLongestDeadline});
      if (outcome.ok() && outcome->failure == s3::HttpFailure::kNone)
        facts.latency_seconds = std::min(facts.latency_seconds, stopwatch.seconds());
    }
    std::sort(objects_.begin(), objects_.end(), [](const auto& left, const auto& right) {
      return left.size_bytes > right.size_bytes;
    });
    const size_t wanted =
        static_cast<size_t>(std::min(client_.options().requests_in_flight, kSpeedConnections));
    if (objects_.size() > wanted) objects_.resize(wanted);
    std::erase_if(objects_, [](const auto& object) { return object.size_bytes == 0; });
    facts.connections = static_cast<int>(objects_.size());
    std::vector<base::Status> results(objects_.size());
    std::vector<std::vector<uint8_t>> buffers;
    for (const auto& object : objects_) {
      buffers.emplace_back(std::min(static_cast<size_t>(object.size_bytes), kSpeedBytes));
      facts.bytes += static_cast<int64_t>(buffers.back().size());
    }
    const observe::Stopwatch stopwatch;
    std::vector<std::jthread> threads;
    for (size_t index = 0; index < objects_.size(); ++index) {
      threads.emplace_back([this, index, &results, &buffers] {
        results[index] = s3::ReadRange(client_, objects_[index], 0, buffers[index]);
      });
    }
    threads.clear();
    facts.seconds = stopwatch.seconds();
    for (const auto& result : results) {
      if (result.ok()) continue;
      checks_.push_back(Failure("speed of S3", result, "see the message"));
      return;
    }
    checks_.push_back(JudgeSpeed(facts));
  }

  const s3::Client& client_;
  const std::string name_;
  Checks& checks_;
  std::vector<store::ObjectRef> objects_;  // Of the first page.
  bool more_ = false;
};

s3::S3Options Hurried(s3::S3Options options) {
  options.retry.request_deadline =
      std::min<std::chrono::milliseconds>(options.retry.request_deadline, kLongestDeadline);
  return options;
}

/// The client, or null and a check that says why.
std::unique_ptr<s3::Client> MakeClient(const s3::S3Options& options, Checks& checks) {
  auto provider = s3::MakeCredentialProvider(options);
  base::Status status = provider.status();
  std::string finding;
  if (status.ok()) {
    const auto credentials = (*provider)->Get();
    status = credentials.status();
    finding = (*provider)->Describe();
    if (credentials.ok() && credentials->expires_at)
      finding +=
          fmt::format("; until {:%Y-%m-%d %H:%M} UTC", fmt::gmtime(*credentials->expires_at));
  }
  if (!status.ok()) {
    checks.push_back(Failure("S3 credentials", status,
                             "give keys (MATOME_S3_ACCESS_KEY and MATOME_S3_SECRET_KEY, a profile, "
                             "a role), or --s3-anonymous (docs/configuration.md)"));
    return nullptr;
  }
  checks.push_back(Ok("S3 credentials", finding));
  auto client = s3::Client::Make(options, std::move(provider).value());
  if (client.ok()) return std::move(client).value();
  checks.push_back(Failure("S3 settings", client.status(), "correct them"));
  return nullptr;
}

}  // namespace

Checks CheckStores(const std::optional<s3::S3Options>& input,
                   const std::optional<s3::S3Options>& output) {
  Checks checks;
  if (!input && !output) return checks;
  if (!CheckConnection(Hurried(input ? *input : *output), checks)) return checks;
  bool told = false;
  for (const auto* each : {&input, &output}) {
    if (!*each) continue;
    Checks found;
    const auto client = MakeClient(Hurried(**each), found);
    if (client == nullptr || !std::exchange(told, true))
      std::move(found.begin(), found.end(), std::back_inserter(checks));
    if (client == nullptr) return checks;
    BucketChecks bucket(*client, checks);
    if (each == &input) {
      bucket.CheckReading();
    } else {
      bucket.CheckWriting();
    }
  }
  return checks;
}

Check JudgeSpeed(const SpeedFacts& facts) {
  const std::string name = "speed of S3";
  const double bytes_per_second =
      facts.seconds > 0 ? static_cast<double>(facts.bytes) / facts.seconds : 0;
  std::string finding = fmt::format("{:.2f} ms a round trip", facts.latency_seconds * 1000);
  // Of little data the round trips take most of the time.
  const bool enough = facts.bytes >= kEnoughBytes;
  if (enough) {
    finding += fmt::format(", {} a second over {}",
                           report::BytesText(static_cast<int64_t>(bytes_per_second)),
                           report::Counted(facts.connections, "connection", "connections"));
  }
  if (!enough) finding += ", too little data to tell more";
  if (facts.latency_seconds > kSlowLatencySeconds) {
    return Warning(name, finding,
                   "far away: run matome nearer to the store, or raise --requests-in-flight and "
                   "--read-ahead");
  }
  if (enough && bytes_per_second < kSlowBytesPerSecond) {
    return Warning(name, finding,
                   "slow: the run will wait for it; look at the network between, at limits of the "
                   "store and at proxies");
  }
  return Ok(name, finding);
}

}  // namespace matome::doctor
