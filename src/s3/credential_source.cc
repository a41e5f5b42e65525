// SPDX-License-Identifier: Apache-2.0
#include "s3/credential_source.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace matome::s3 {
namespace {

using std::chrono::system_clock;

constexpr std::chrono::minutes kRenewBefore{5};
constexpr std::chrono::seconds kPauseAfterFailure{10};
constexpr int kFirstServerError = 500;
constexpr int kTooManyRequests = 429;

}  // namespace

base::Result<Credentials> CachedCredentials::Get() {
  const std::lock_guard lock(mutex_);
  const Time now = clock_();
  if (current_ && !refused_ && now < renew_at_) return *current_;
  auto fetched = source_->Fetch();
  if (!fetched.ok()) {
    const bool usable = current_ && !refused_ && now < current_->expires_at.value_or(Time::max());
    if (!usable) return fetched;
    renew_at_ = now + kPauseAfterFailure;
    return *current_;
  }
  current_ = *std::move(fetched);
  refused_ = false;
  renew_at_ = Time::max();
  if (current_->expires_at) {
    const auto lifetime = *current_->expires_at - now;
    const auto ahead = std::min<system_clock::duration>(kRenewBefore, lifetime / 4);
    renew_at_ = std::max(*current_->expires_at - ahead, now + std::chrono::seconds(1));
  }
  return *current_;
}

bool CachedCredentials::Expired(const Credentials& used) {
  const std::lock_guard lock(mutex_);
  if (!source_->renewable()) return false;
  if (!current_ ||
      (current_->access_key == used.access_key && current_->session_token == used.session_token)) {
    refused_ = true;
  }
  return true;
}

base::Result<HttpAnswer> AskForCredentials(const HttpOptions& options, const HttpRequest& request,
                                           std::string_view who, bool* answered) {
  MATOME_ASSIGN_OR_RETURN(const auto connection, HttpConnection::Make(options));
  HttpOutcome outcome = connection->Send(request);
  switch (outcome.failure) {
    case HttpFailure::kNone:
      break;
    case HttpFailure::kStopped:
      return base::Status(base::Code::kInterrupted, "interrupted");
    case HttpFailure::kUntrusted:
    case HttpFailure::kOther:
      return base::Status(base::Code::kStoreUnavailable, fmt::format("{}: {}", who, outcome.error));
    default:
      return base::Temporary(fmt::format("{}: {}", who, outcome.error));
  }
  if (answered != nullptr) *answered = true;
  const int status = outcome.answer.status;
  if (status >= kFirstServerError || status == kTooManyRequests) {
    return base::Temporary(fmt::format("{}: it answers {}", who, status));
  }
  return std::move(outcome.answer);
}

base::Result<Credentials> ParseCredentialsJson(std::string_view json, std::string_view who) {
  const auto document = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  const auto text = [&document](const char* key) {
    const auto found = document.is_object() ? document.find(key) : document.end();
    return found != document.end() && found->is_string() ? found->get<std::string>()
                                                         : std::string();
  };
  Credentials credentials{.access_key = text("AccessKeyId"),
                          .secret_key = Secret(text("SecretAccessKey")),
                          .session_token = Secret(text("Token")),
                          .expires_at = ParseUtcTime(text("Expiration"))};
  if (credentials.access_key.empty() || credentials.secret_key.empty()) {
    return base::Status(
        base::Code::kStoreUnavailable,
        fmt::format("{}: the answer holds no AccessKeyId and SecretAccessKey", who));
  }
  return credentials;
}

std::optional<system_clock::time_point> ParseUtcTime(const std::string& text) {
  std::tm parts{};
  const char* const rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  return system_clock::from_time_t(::timegm(&parts));
}

base::Result<Secret> ReadTokenFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return base::ConfigInvalid(
        fmt::format("cannot read {}: {}", path, std::generic_category().message(errno)));
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string::npos) return base::ConfigInvalid(path + " is empty");
  std::string token = text.substr(first, text.find_last_not_of(kBlank) - first + 1);
  if (token.find_first_of("\r\n") != std::string::npos)
    return base::ConfigInvalid(path + " has more than one line");
  return Secret(std::move(token));
}

std::string ValueOf(const Variables& variables, std::string_view name) {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string() : found->second;
}

}  // namespace matome::s3
