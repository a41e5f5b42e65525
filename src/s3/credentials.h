// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "s3/s3_options.h"
#include "s3/secret.h"

namespace matome::s3 {

/// What a request is signed with.
struct Credentials {
  std::string access_key;  // Empty: anonymous, the request is not signed.
  Secret secret_key;
  Secret session_token;  // Empty: none.
  std::optional<std::chrono::system_clock::time_point> expires_at;

  bool anonymous() const { return access_key.empty(); }
};

/// Where credentials come from, with those it gave last. Thread-safe.
class CredentialProvider {
 public:
  virtual ~CredentialProvider() = default;

  /// Remembered ones, or new ones if those are about to expire. kTemporary: who gives them does not
  /// answer at the moment; kStoreUnavailable, kConfigInvalid: there are none to be had, with what
  /// was looked at.
  virtual base::Result<Credentials> Get() = 0;

  /// The store says that `used` have expired. True if the next Get() asks for new ones, or gives
  /// others already; false if these are all there will ever be.
  virtual bool Expired(const Credentials& used) = 0;

  /// Where they come from, for people: "profile minio of /root/.aws/credentials".
  virtual std::string Describe() const = 0;
};

using Variables = std::map<std::string, std::string, std::less<>>;

/// The process's environment.
Variables ProcessVariables();

/// Finds who gives credentials, in the order of AWS's own programs: those of `options.credentials`;
/// the variables AWS_ACCESS_KEY_ID and its neighbours; the profile of the shared files; a web
/// identity; the container's endpoint; the EC2 instance's role. The first that is configured
/// decides: if it then fails, no other is tried. Asks nobody yet, so that whether an instance has a
/// role shows with the first Get().
///
/// kStoreUnavailable if none is configured, naming what was looked at; kConfigInvalid if one is
/// configured wrongly.
base::Result<std::unique_ptr<CredentialProvider>> MakeCredentialProvider(
    const S3Options& options, const Variables& variables = ProcessVariables());

/// options.region, else what AWS_REGION, AWS_DEFAULT_REGION or the profile name; empty if none
/// does. kConfigInvalid if a profile is asked for that there is not.
base::Result<std::string> FindRegion(const S3Options& options,
                                     const Variables& variables = ProcessVariables());

}  // namespace matome::s3
