// SPDX-License-Identifier: Apache-2.0
#include "doctor/s3_connection_checks.h"

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "doctor/s3_checks.h"
#include "s3/credentials.h"
#include "s3/endpoint.h"
#include "s3/http.h"
#include "s3/http_date.h"

namespace matome::doctor {
namespace {

using base::Code;
using s3::HttpFailure;
using std::chrono::system_clock;

constexpr std::chrono::days kExpiresSoon{14};
constexpr std::chrono::seconds kClockWarning{60};
constexpr std::chrono::seconds kSignatureHolds{900};

/// The steps on the way to an answer, in order.
enum class Step : uint8_t { kName, kConnection, kTls, kAnswer };

bool IsAddress(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

class ConnectionChecks {
 public:
  ConnectionChecks(const s3::S3Options& options, const s3::Endpoint& endpoint, Checks& checks)
      : options_(options), endpoint_(endpoint), checks_(checks) {}

  bool Run() {
    const std::string* bundle = &options_.ca_bundle;
    const std::string usual = bundle->empty() ? UsualBundle() : std::string();
    if (bundle->empty()) bundle = &usual;
    const auto connection =
        s3::HttpConnection::Make({.ca_bundle = *bundle,
                                  .insecure = options_.insecure,
                                  .connect_timeout = options_.retry.connect_timeout,
                                  .stall_timeout = options_.retry.stall_timeout,
                                  .stop = options_.stop});
    if (!connection.ok()) {
      checks_.push_back(Failure("libcurl", connection.status(), "it is needed to speak to S3"));
      return false;
    }
    const auto began = system_clock::now();
    outcome_ = (*connection)
                   ->Send({.url = endpoint_.Url("", {{"list-type", "2"}, {"max-keys", "1"}}),
                           .deadline = options_.retry.request_deadline,
                           .inspect = true});
    ended_ = system_clock::now();
    began_ = began;
    if (outcome_.failure == HttpFailure::kStopped) {
      checks_.push_back(Failure("S3", {Code::kInterrupted, "interrupted"}, ""));
      return false;
    }
    const bool well = CheckName() && CheckTcp() && CheckTls() && CheckAnswer();
    return well && CheckClock();
  }

 private:
  static std::string UsualBundle() {
    const auto variables = s3::ProcessVariables();
    const auto found = variables.find("AWS_CA_BUNDLE");
    return found == variables.end() ? std::string() : found->second;
  }

  /// Where it ended; kAnswer also for a way that was gone to its end.
  Step FailedAt() const {
    const auto& route = *outcome_.route;
    switch (outcome_.failure) {
      case HttpFailure::kResolve:
        return Step::kName;
      case HttpFailure::kTls:
      case HttpFailure::kUntrusted:
        return Step::kTls;
      case HttpFailure::kConnect:
      case HttpFailure::kTimeout:
      case HttpFailure::kStall:
        if (route.resolve_seconds == 0 && !IsAddress(endpoint_.host())) return Step::kName;
        if (route.address.empty()) return Step::kConnection;
        if (endpoint_.uses_tls() && route.tls_seconds == 0) return Step::kTls;
        return Step::kAnswer;
      default:
        return Step::kAnswer;
    }
  }

  bool FailedIn(Step step) const {
    return outcome_.failure != HttpFailure::kNone && FailedAt() == step;
  }

  bool Fail(std::string name, std::string remedy) {
    checks_.push_back(
        Failure(std::move(name), {Code::kStoreUnavailable, outcome_.error}, std::move(remedy)));
    return false;
  }

  bool CheckName() {
    const std::string name = "name " + endpoint_.host();
    if (FailedIn(Step::kName)) {
      return Fail(
          name,
          "is it right (--s3-endpoint)? With virtual addressing it has the bucket in front: "
          "--s3-addressing path. Else look at this machine's name service and proxies");
    }
    checks_.push_back(
        Ok(name, IsAddress(endpoint_.host())
                     ? "an address, nothing to look up"
                     : fmt::format("found in {:.1f} ms", outcome_.route->resolve_seconds * 1000)));
    return true;
  }

  bool CheckTcp() {
    const std::string name = fmt::format("connection to {}:{}", endpoint_.host(), endpoint_.port());
    if (FailedIn(Step::kConnection)) {
      return Fail(name,
                  "does the store run, is the port right (--s3-endpoint), is there a firewall or a "
                  "network policy between?");
    }
    const auto& route = *outcome_.route;
    // Of a way that ended in the handshake the time is not known.
    checks_.push_back(
        Ok(name, route.connect_seconds > 0
                     ? fmt::format("{}, in {:.1f} ms", route.address, route.connect_seconds * 1000)
                     : route.address));
    return true;
  }

  bool CheckTls() {
    const std::string name = "TLS of " + endpoint_.host();
    if (!endpoint_.uses_tls()) {
      checks_.push_back(Ok(name, "not used: the endpoint is http"));
      return true;
    }
    if (FailedIn(Step::kTls)) {
      const bool certificate = outcome_.error.find("certificate") != std::string::npos;
      return Fail(name,
                  certificate
                      ? "give the authority that signed the store's certificate with "
                        "--s3-ca-bundle; an expired one is renewed at the store; the name in "
                        "it must be that of --s3-endpoint"
                      : "does the store speak TLS there? Else write http:// in --s3-endpoint");
    }
    if (const auto& expires_at = outcome_.route->certificate_expires_at) {
      checks_.push_back(JudgeCertificate(
          endpoint_.host(),
          {.expires_at = *expires_at, .now = ended_, .checked = !options_.insecure}));
    } else {
      checks_.push_back(options_.insecure
                            ? Warning(name, "the certificate is not checked",
                                      "leave out --s3-insecure, and give --s3-ca-bundle")
                            : Ok(name, "the certificate is believed"));
    }
    return true;
  }

  bool CheckAnswer() {
    if (outcome_.failure == HttpFailure::kNone) return true;
    return Fail(
        "answer of " + endpoint_.host(),
        "is it a store of S3 that listens there (--s3-endpoint), by http or https as given?");
  }

  bool CheckClock() {
    const std::string* const text = outcome_.answer.Header("date");
    const auto theirs = text == nullptr ? std::nullopt : s3::ParseHttpDate(*text);
    if (!theirs) {
      checks_.push_back(Warning("clock", "the store does not say what time it is",
                                "if signatures are refused, look at both clocks"));
      return true;
    }
    const auto ours = began_ + (ended_ - began_) / 2;
    checks_.push_back(JudgeClock(
        std::chrono::round<std::chrono::seconds>(ours - system_clock::time_point(*theirs))));
    return checks_.back().verdict != Verdict::kFailed;
  }

  const s3::S3Options& options_;
  const s3::Endpoint& endpoint_;
  Checks& checks_;
  s3::HttpOutcome outcome_;
  system_clock::time_point began_;
  system_clock::time_point ended_;
};

}  // namespace

bool CheckConnection(const s3::S3Options& options, Checks& checks) {
  auto region = s3::FindRegion(options);
  if (!region.ok()) {
    checks.push_back(Failure("S3 settings", region.status(), "correct the profile"));
    return false;
  }
  const auto endpoint = s3::Endpoint::Make(options, region->empty() ? "us-east-1" : *region);
  if (!endpoint.ok()) {
    checks.push_back(
        Failure("S3 settings", endpoint.status(), "correct --s3-endpoint or the bucket"));
    return false;
  }
  return ConnectionChecks(options, *endpoint, checks).Run();
}

Check JudgeCertificate(const std::string& host, const CertificateFacts& facts) {
  const std::string name = "TLS of " + host;
  const auto days = std::chrono::floor<std::chrono::days>(facts.expires_at - facts.now).count();
  const std::string until =
      fmt::format("until {:%Y-%m-%d %H:%M} UTC", fmt::gmtime(facts.expires_at));
  if (!facts.checked) {
    return Warning(name, fmt::format("the certificate is not checked; it is valid {}", until),
                   "leave out --s3-insecure, and give --s3-ca-bundle");
  }
  const std::string finding = fmt::format("the certificate is believed, valid {}", until);
  if (facts.expires_at - facts.now < kExpiresSoon) {
    return Warning(name, fmt::format("{}, {} days from now", finding, days),
                   "renew the store's certificate, or that of the authority");
  }
  return Ok(name, finding);
}

Check JudgeClock(std::chrono::seconds ahead) {
  const auto seconds = std::chrono::abs(ahead);
  const std::string finding = fmt::format("this machine's is {} s {} the store's", seconds.count(),
                                          ahead.count() < 0 ? "behind" : "ahead of");
  const std::string remedy = "set the clocks, e.g. by NTP; signatures hold for fifteen minutes";
  if (seconds >= kSignatureHolds)
    return Failure("clock", {Code::kStoreUnavailable, finding}, remedy);
  if (seconds >= kClockWarning) return Warning("clock", finding, remedy);
  return Ok("clock", finding);
}

}  // namespace matome::doctor
