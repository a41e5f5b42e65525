// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "s3/credentials.h"
#include "s3/http.h"

namespace matome::s3 {

/// One place that credentials are fetched from. Asked by one thread at a time.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;

  /// Asks anew each time. Errors as CredentialProvider::Get().
  virtual base::Result<Credentials> Fetch() = 0;
  virtual std::string Describe() const = 0;
  /// Whether another Fetch() may give others.
  virtual bool renewable() const { return true; }
};

/// A provider that asks its source when there is need.
///
/// Renewed within the last five minutes before they expire (of short-lived ones: within the last
/// quarter). If that fails they are used until they expire.
class CachedCredentials final : public CredentialProvider {
 public:
  using Time = std::chrono::system_clock::time_point;
  using Clock = std::function<Time()>;

  explicit CachedCredentials(std::unique_ptr<CredentialSource> source,
                             Clock clock = std::chrono::system_clock::now)
      : source_(std::move(source)), clock_(std::move(clock)) {}

  base::Result<Credentials> Get() override;
  bool Expired(const Credentials& used) override;
  std::string Describe() const override { return source_->Describe(); }

 private:
  const std::unique_ptr<CredentialSource> source_;
  const Clock clock_;
  std::mutex mutex_;
  std::optional<Credentials> current_;  // Guarded by mutex_, as the next two.
  Time renew_at_ = Time::max();
  bool refused_ = false;  // The store does not take the current ones any more.
};

/// A token for which STS gives credentials (AssumeRoleWithWebIdentity).
struct WebIdentity {
  std::string role_arn;
  std::string token_file;    // Read anew each time.
  std::string session_name;  // Empty: matome.
  std::string endpoint;      // Of STS.
};
std::unique_ptr<CredentialSource> MakeWebIdentitySource(WebIdentity identity, HttpOptions http);

/// The endpoint that ECS and EKS give a container. kConfigInvalid for one that a token must not be
/// sent to.
base::Result<std::unique_ptr<CredentialSource>> MakeContainerSource(const Variables& variables,
                                                                    HttpOptions http);

/// The role of the EC2 instance, by version 2 of its metadata service. `looked_at` names the places
/// that were looked at before, for the error that there is no such service.
std::unique_ptr<CredentialSource> MakeInstanceSource(const std::string& endpoint,
                                                     std::string looked_at, HttpOptions http);

/// Asks once. An answer below 500 is a success, whatever it says; kTemporary if there is none or a
/// later try may help; kStoreUnavailable if its certificate is not believed. `who` begins each
/// message. `answered`, if not null, becomes true when there is any answer.
base::Result<HttpAnswer> AskForCredentials(const HttpOptions& options, const HttpRequest& request,
                                           std::string_view who, bool* answered = nullptr);

/// What container and instance answer: AccessKeyId, SecretAccessKey, Token, Expiration.
/// kStoreUnavailable if the text is something else; says nothing of what is in it.
base::Result<Credentials> ParseCredentialsJson(std::string_view json, std::string_view who);

/// "2025-10-31T12:00:00Z", with or without fractions.
std::optional<std::chrono::system_clock::time_point> ParseUtcTime(const std::string& text);

/// A file's text without the white space around it. kConfigInvalid if it is empty or cannot be
/// read.
base::Result<Secret> ReadTokenFile(const std::string& path);

/// The variable's value; empty if there is none.
std::string ValueOf(const Variables& variables, std::string_view name);

}  // namespace matome::s3
