// SPDX-License-Identifier: Apache-2.0
#include "cli/stores.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "cli/signals.h"
#include <fmt/format.h>

#include "config/database_url.h"
#include "config/s3_url.h"
#include "s3/s3_store.h"
#include "store/local_store.h"

namespace matome::cli {
namespace {

using config::GivenValue;
using config::Origin;

/// An error of what was given at `where`, in the class that fits its origin.
base::Status At(const std::string& where, Origin origin, std::string_view message) {
  const auto code = origin == Origin::kFlag ? base::Code::kUsage : base::Code::kConfigInvalid;
  return {code, fmt::format("{}: {}", where, message)};
}

bool IsForUs(const GivenValue* value) { return value != nullptr && value->origin >= Origin::kFile; }

/// Keys that somebody gave belong together if they were given to matome, by Koku's names, or by
/// AWS's.
bool BelongTogether(const GivenValue& left, const GivenValue& right) {
  return left.origin == right.origin || (IsForUs(&left) && IsForUs(&right));
}

/// Who describes a store for matome itself: variables that are around for other programs do not.
const GivenValue* StoreForUs(const config::Settings& settings) {
  for (const auto* name :
       {"s3-bucket", "s3-endpoint", "s3-access-key", "s3-secret-key", "s3-profile"}) {
    if (const auto* value = settings.Find(name); IsForUs(value)) return value;
  }
  return nullptr;
}

bool WritesToS3(const config::Settings& settings) {
  const auto outputs = settings.List("output").value_or(std::vector<std::string>());
  return std::any_of(outputs.begin(), outputs.end(), config::IsS3Url);
}

base::Status FindKeys(const config::Settings& settings, s3::CredentialOptions& credentials) {
  const auto* access = settings.Find("s3-access-key");
  const auto* secret = settings.Find("s3-secret-key");
  const auto* token = settings.Find("s3-session-token");
  if (access == nullptr && secret == nullptr) {
    if (!IsForUs(token)) return {};
    return At(token->where, token->origin, "a session token is of no use without its keys");
  }
  if (access == nullptr || secret == nullptr) {
    const auto* one = access != nullptr ? access : secret;
    return At(one->where, one->origin,
              fmt::format("the {} key is given, and the {} key is not",
                          access != nullptr ? "access" : "secret",
                          access != nullptr ? "secret" : "access"));
  }
  if (!BelongTogether(*access, *secret)) {
    const auto* stronger = access->origin > secret->origin ? access : secret;
    return At(stronger->where, stronger->origin,
              fmt::format("this key and that of {} are not a pair: give both in the same way",
                          stronger == access ? secret->where : access->where));
  }
  credentials.access_key = access->texts[0];
  credentials.secret_key = secret->texts[0];
  // A token that goes with other keys would spoil these.
  if (token != nullptr && BelongTogether(*token, *access))
    credentials.session_token = token->texts[0];
  return {};
}

/// Of anonymous, a profile and keys the one that was given most strongly.
base::Result<s3::CredentialOptions> FindCredentials(const config::Settings& settings) {
  const auto* anonymous = settings.Switch("s3-anonymous") ? settings.Find("s3-anonymous") : nullptr;
  const auto* profile = settings.Find("s3-profile");
  const auto* key = settings.Find("s3-access-key");
  const GivenValue* chosen = nullptr;
  for (const auto* value : {anonymous, profile, key}) {
    if (value == nullptr) continue;
    if (chosen != nullptr && chosen->origin == value->origin) {
      return At(value->where, value->origin,
                fmt::format("{} is given too; one of keys, profile and anonymous is enough",
                            chosen->where));
    }
    if (chosen == nullptr || chosen->origin < value->origin) chosen = value;
  }
  s3::CredentialOptions credentials;
  if (chosen != nullptr && chosen == anonymous) {
    credentials.anonymous = true;
  } else if (chosen != nullptr && chosen == profile) {
    credentials.profile = profile->texts[0];
  } else {
    MATOME_RETURN_IF_ERROR(FindKeys(settings, credentials));
  }
  return credentials;
}

s3::Addressing AddressingOf(const config::Settings& settings) {
  const std::string text = settings.TextOr("s3-addressing", "auto");
  if (text == "path") return s3::Addressing::kPath;
  return text == "virtual" ? s3::Addressing::kVirtual : s3::Addressing::kAuto;
}

}  // namespace

base::Result<s3::S3Options> FindBucket(const config::Settings& settings, const std::string& url,
                                       const std::string& where, Origin origin) {
  auto parsed = config::ParseS3Url(url);
  if (!parsed.ok()) return At(where, origin, parsed.status().message());
  s3::S3Options options;
  options.bucket = std::move(parsed->bucket);
  options.prefix = std::move(parsed->prefix);
  if (options.bucket.empty()) {
    const auto* bucket = settings.Find("s3-bucket");
    if (bucket == nullptr) {
      return At(where, origin,
                fmt::format("{} names no bucket; write s3://BUCKET, or give s3.bucket", url));
    }
    const auto status = config::CheckBucketName(bucket->texts[0]);
    if (!status.ok()) return At(bucket->where, bucket->origin, status.message());
    options.bucket = bucket->texts[0];
  }
  MATOME_ASSIGN_OR_RETURN(options.credentials, FindCredentials(settings));
  options.endpoint = settings.TextOr("s3-endpoint", "");
  options.region = settings.TextOr("s3-region", "");
  options.addressing = AddressingOf(settings);
  options.ca_bundle = settings.TextOr("s3-ca-bundle", "");
  options.insecure = settings.Switch("s3-insecure");
  if (const auto count = settings.Count("requests-in-flight"))
    options.requests_in_flight = static_cast<int>(*count);
  if (const auto seconds = settings.Count("request-timeout"))
    options.retry.request_deadline = std::chrono::seconds(*seconds);
  if (const auto seconds = settings.Count("store-retry-timeout"))
    options.retry.run_deadline = std::chrono::seconds(*seconds);
  options.stop = &StopRequested();
  return options;
}

std::string Describe(const s3::S3Options& bucket) {
  std::string text = fmt::format("s3://{}/{}", bucket.bucket, bucket.prefix);
  text.pop_back();
  return text;
}

base::Result<Input> FindInput(const config::Settings& settings) {
  const auto* given = settings.Find("input");
  std::string url;
  if (given == nullptr) {
    given = StoreForUs(settings);
    if (given == nullptr) return Input{"./lake"};
    if (!settings.has("s3-bucket")) {
      if (WritesToS3(settings)) return Input{"./lake"};
      return At(given->where, given->origin,
                "a store at S3 is described and no bucket of it; name what is to be read with "
                "--input s3://BUCKET, or --input DIR for a directory");
    }
    url = "s3://";
  } else {
    url = given->texts[0];
    if (!config::HasScheme(url)) return Input{url};
    if (!config::IsS3Url(url)) {
      return At(given->where, given->origin,
                fmt::format("{}: only directories and s3://bucket[/prefix] are read",
                            config::WithoutUrlSecrets(url)));
    }
  }
  Input input;
  MATOME_ASSIGN_OR_RETURN(input.s3, FindBucket(settings, url, given->where, given->origin));
  input.name = Describe(*input.s3);
  return input;
}

base::Result<std::unique_ptr<store::ObjectStore>> OpenInput(const Input& input) {
  if (input.s3) {
    MATOME_ASSIGN_OR_RETURN(auto bucket, s3::S3Store::Make(*input.s3));
    return std::unique_ptr<store::ObjectStore>(std::move(bucket));
  }
  MATOME_ASSIGN_OR_RETURN(auto directory, store::LocalStore::Make(input.name));
  return std::unique_ptr<store::ObjectStore>(
      std::make_unique<store::LocalStore>(std::move(directory)));
}

std::optional<std::string> InsecureWarning(const config::Settings& settings) {
  if (!settings.Switch("s3-insecure")) return std::nullopt;
  return fmt::format(
      "INSECURE: {}: certificates of the store are not checked, so anyone on the way can read the "
      "keys' signatures and the reports, and change them; give the store's authority with "
      "--s3-ca-bundle instead",
      settings.Find("s3-insecure")->where);
}

}  // namespace matome::cli
