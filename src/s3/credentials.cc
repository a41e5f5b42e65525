// SPDX-License-Identifier: Apache-2.0
#include "s3/credentials.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "s3/credential_source.h"
#include "s3/profile_file.h"

namespace matome::s3 {
namespace {

constexpr std::string_view kInstanceEndpoint = "http://169.254.169.254";
constexpr std::string_view kInstanceEndpointV6 = "http://[fd00:ec2::254]";

/// Keys that stay the same.
class FixedSource final : public CredentialSource {
 public:
  FixedSource(Credentials credentials, std::string description)
      : credentials_(std::move(credentials)), description_(std::move(description)) {}

  base::Result<Credentials> Fetch() override { return credentials_; }
  std::string Describe() const override { return description_; }
  bool renewable() const override { return false; }

 private:
  const Credentials credentials_;
  const std::string description_;
};

std::string Describe(const ProfileFiles& files) {
  std::vector<std::string> paths;
  for (const auto& path : {files.credentials_path, files.config_path}) {
    if (!path.empty()) paths.push_back(path);
  }
  return fmt::format("profile {} of {}", files.profile,
                     paths.empty() ? "~/.aws, but there is no HOME"
                                   : fmt::format("{}", fmt::join(paths, " and ")));
}

std::string KeyOf(const ProfileKeys& profile, std::string_view key) {
  const auto found = profile.find(key);
  return found == profile.end() ? std::string() : found->second;
}

base::Result<Credentials> CredentialsOf(const ProfileKeys& profile, const std::string& where) {
  Credentials credentials{.access_key = KeyOf(profile, "aws_access_key_id"),
                          .secret_key = Secret(KeyOf(profile, "aws_secret_access_key")),
                          .session_token = Secret(KeyOf(profile, "aws_session_token"))};
  if (credentials.access_key.empty() || credentials.secret_key.empty()) {
    return base::ConfigInvalid(where +
                               ": aws_access_key_id and aws_secret_access_key must both be there");
  }
  return credentials;
}

/// The keys of a profile. Other programs renew them in the file, so that it is read again.
class ProfileSource final : public CredentialSource {
 public:
  explicit ProfileSource(ProfileFiles files) : files_(std::move(files)) {}

  base::Result<Credentials> Fetch() override {
    MATOME_ASSIGN_OR_RETURN(const auto profile, ReadProfile(files_));
    return CredentialsOf(profile.value_or(ProfileKeys()), Describe());
  }
  std::string Describe() const override { return s3::Describe(files_); }

 private:
  const ProfileFiles files_;
};

/// Looks for a source, place after place.
class Chain {
 public:
  Chain(const S3Options& options, const Variables& variables)
      : options_(options), variables_(variables) {
    http_.ca_bundle =
        options.ca_bundle.empty() ? ValueOf(variables, "AWS_CA_BUNDLE") : options.ca_bundle;
    http_.insecure = options.insecure;
    http_.stop = options.stop;
  }

  base::Result<std::unique_ptr<CredentialSource>> Find() {
    using Place = base::Result<std::unique_ptr<CredentialSource>> (Chain::*)();
    constexpr std::array<Place, 6> kPlaces = {&Chain::Options,   &Chain::Environment,
                                              &Chain::Profile,   &Chain::WebIdentityVariables,
                                              &Chain::Container, &Chain::Instance};
    for (const auto place : kPlaces) {
      MATOME_ASSIGN_OR_RETURN(auto source, (this->*place)());
      if (source != nullptr) return source;
    }
    return base::Status(
        base::Code::kStoreUnavailable,
        fmt::format("no credentials for S3: looked at {}; give keys, or --s3-anonymous for a "
                    "public bucket",
                    LookedAt()));
  }

 private:
  using Found = base::Result<std::unique_ptr<CredentialSource>>;

  std::string Value(std::string_view name) const { return ValueOf(variables_, name); }
  std::string LookedAt() const { return fmt::format("{}", fmt::join(looked_at_, ", ")); }

  /// Null: not configured.
  Found NotHere(std::string place) {
    looked_at_.push_back(std::move(place));
    return std::unique_ptr<CredentialSource>();
  }

  static Found Fixed(Credentials credentials, std::string description) {
    return std::unique_ptr<CredentialSource>(
        std::make_unique<FixedSource>(std::move(credentials), std::move(description)));
  }

  Found Options() {
    const CredentialOptions& given = options_.credentials;
    if (given.anonymous) return Fixed({}, "none: anonymous");
    if (given.access_key.empty() && given.secret_key.empty()) return NotHere("the settings of S3");
    if (given.access_key.empty() || given.secret_key.empty()) {
      return base::ConfigInvalid(
          "of the S3 keys one is given and one is not; access key and secret key go together");
    }
    return Fixed({given.access_key, Secret(given.secret_key), Secret(given.session_token), {}},
                 "the settings of S3");
  }

  Found Environment() {
    if (!options_.credentials.profile.empty()) return NotHere("no variable, as a profile is given");
    const std::string access_key = Value("AWS_ACCESS_KEY_ID");
    const std::string secret_key = Value("AWS_SECRET_ACCESS_KEY");
    if (access_key.empty() && secret_key.empty()) return NotHere("AWS_ACCESS_KEY_ID");
    if (access_key.empty() || secret_key.empty()) {
      return base::ConfigInvalid("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together");
    }
    return Fixed({access_key, Secret(secret_key), Secret(Value("AWS_SESSION_TOKEN")), {}},
                 "AWS_ACCESS_KEY_ID");
  }

  Found Profile() {
    ProfileFiles files = FindProfileFiles(options_.credentials.profile, variables_);
    MATOME_ASSIGN_OR_RETURN(const auto profile, ReadProfile(files));
    const std::string where = Describe(files);
    if (!profile) {
      if (!files.asked_for) return NotHere(where);
      return base::ConfigInvalid(fmt::format("there is no {}", where));
    }
    const std::string role = KeyOf(*profile, "role_arn");
    const std::string token_file = KeyOf(*profile, "web_identity_token_file");
    if (!role.empty() && !token_file.empty()) {
      return WebIdentityOf(role, token_file, KeyOf(*profile, "role_session_name"));
    }
    for (const auto* key : {"role_arn", "credential_process", "sso_session", "sso_start_url"}) {
      if (KeyOf(*profile, key).empty()) continue;
      return base::ConfigInvalid(fmt::format(
          "{} gets its keys by {}, which matome does not do; let AWS's own program do it, with: "
          "eval \"$(aws configure export-credentials --profile {} --format env)\"",
          where, key, files.profile));
    }
    if (KeyOf(*profile, "aws_access_key_id").empty() &&
        KeyOf(*profile, "aws_secret_access_key").empty() && !files.asked_for) {
      return NotHere(where);
    }
    MATOME_RETURN_IF_ERROR(CredentialsOf(*profile, where).status());
    return std::unique_ptr<CredentialSource>(std::make_unique<ProfileSource>(std::move(files)));
  }

  Found WebIdentityVariables() {
    const std::string token_file = Value("AWS_WEB_IDENTITY_TOKEN_FILE");
    if (token_file.empty()) return NotHere("AWS_WEB_IDENTITY_TOKEN_FILE");
    const std::string role = Value("AWS_ROLE_ARN");
    if (role.empty()) {
      return base::ConfigInvalid("AWS_WEB_IDENTITY_TOKEN_FILE is given, and AWS_ROLE_ARN is not");
    }
    return WebIdentityOf(role, token_file, Value("AWS_ROLE_SESSION_NAME"));
  }

  Found WebIdentityOf(std::string role, std::string token_file, std::string session_name) {
    std::string endpoint = Value("AWS_ENDPOINT_URL_STS");
    if (endpoint.empty()) endpoint = Value("AWS_ENDPOINT_URL");
    if (endpoint.empty()) {
      MATOME_ASSIGN_OR_RETURN(const std::string region, FindRegion(options_, variables_));
      endpoint = region.empty() ? "https://sts.amazonaws.com"
                                : fmt::format("https://sts.{}.amazonaws.com{}", region,
                                              region.starts_with("cn-") ? ".cn" : "");
    }
    return MakeWebIdentitySource({.role_arn = std::move(role),
                                  .token_file = std::move(token_file),
                                  .session_name = std::move(session_name),
                                  .endpoint = std::move(endpoint)},
                                 http_);
  }

  Found Container() {
    if (Value("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").empty() &&
        Value("AWS_CONTAINER_CREDENTIALS_FULL_URI").empty()) {
      return NotHere("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    }
    return MakeContainerSource(variables_, http_);
  }

  Found Instance() {
    std::string disabled = Value("AWS_EC2_METADATA_DISABLED");
    std::transform(disabled.begin(), disabled.end(), disabled.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    if (disabled == "true") return NotHere("no EC2 instance (AWS_EC2_METADATA_DISABLED)");
    std::string endpoint = Value("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    if (endpoint.empty()) {
      const std::string mode = Value("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
      endpoint = mode == "IPv6" || mode == "ipv6" ? kInstanceEndpointV6 : kInstanceEndpoint;
    }
    return MakeInstanceSource(endpoint, LookedAt(), http_);
  }

  const S3Options& options_;
  const Variables& variables_;
  HttpOptions http_;
  std::vector<std::string> looked_at_;
};

}  // namespace

Variables ProcessVariables() {
  Variables variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

base::Result<std::unique_ptr<CredentialProvider>> MakeCredentialProvider(
    const S3Options& options, const Variables& variables) {
  MATOME_ASSIGN_OR_RETURN(auto source, Chain(options, variables).Find());
  return std::unique_ptr<CredentialProvider>(
      std::make_unique<CachedCredentials>(std::move(source)));
}

base::Result<std::string> FindRegion(const S3Options& options, const Variables& variables) {
  if (!options.region.empty()) return options.region;
  for (const auto* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (std::string region = ValueOf(variables, name); !region.empty()) return region;
  }
  const ProfileFiles files = FindProfileFiles(options.credentials.profile, variables);
  const auto profile = ReadProfile(files);
  if (profile.ok() && *profile) return KeyOf(**profile, "region");
  // Keys of one's own need no profile, whatever AWS_PROFILE says and the files look like.
  if (options.credentials.profile.empty()) return std::string();
  MATOME_RETURN_IF_ERROR(profile.status());
  return base::ConfigInvalid(fmt::format("there is no {}", Describe(files)));
}

}  // namespace matome::s3
