// SPDX-License-Identifier: Apache-2.0
#include "s3/profile_file.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fmt/format.h>

#include "s3/credential_source.h"

namespace matome::s3 {
namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// A '#' or ';' after a blank begins a comment.
std::string_view WithoutComment(std::string_view text) {
  for (size_t at = 1; at < text.size(); ++at) {
    const bool after_blank = text[at - 1] == ' ' || text[at - 1] == '\t';
    if (after_blank && (text[at] == '#' || text[at] == ';')) return text.substr(0, at);
  }
  return text;
}

bool NamesProfile(std::string_view section, std::string_view name, bool of_config) {
  if (section == name && (!of_config || name == "default")) return true;
  constexpr std::string_view kWord = "profile";
  if (!of_config || !section.starts_with(kWord)) return false;
  section.remove_prefix(kWord.size());
  return (section.starts_with(' ') || section.starts_with('\t')) && Trimmed(section) == name;
}

base::Result<std::string> ReadIfThere(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::string();
    return base::ConfigInvalid(
        fmt::format("cannot read {}: {}", path, std::generic_category().message(errno)));
  }
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

ProfileFiles FindProfileFiles(const std::string& asked_for, const Variables& variables) {
  const std::string home = ValueOf(variables, "HOME");
  const auto path = [&](std::string_view variable, std::string_view usual) {
    std::string text = ValueOf(variables, variable);
    if (text.empty()) return home.empty() ? std::string() : home + std::string(usual);
    if (text.starts_with("~/")) text.replace(0, 1, home);
    return text;
  };
  ProfileFiles files{.credentials_path = path("AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"),
                     .config_path = path("AWS_CONFIG_FILE", "/.aws/config"),
                     .profile = asked_for};
  if (files.profile.empty()) files.profile = ValueOf(variables, "AWS_PROFILE");
  if (files.profile.empty()) files.profile = ValueOf(variables, "AWS_DEFAULT_PROFILE");
  files.asked_for = !files.profile.empty();
  if (!files.asked_for) files.profile = "default";
  return files;
}

base::Result<std::optional<ProfileKeys>> ParseProfile(std::string_view text,
                                                      const std::string& path,
                                                      const std::string& name, bool of_config) {
  std::optional<ProfileKeys> keys;
  bool inside = false;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string_view content = Trimmed(line);
    if (content.empty() || content.starts_with('#') || content.starts_with(';')) continue;
    if (content.starts_with('[')) {
      const size_t end = content.find(']');
      if (end == std::string_view::npos) {
        return base::ConfigInvalid(fmt::format("{}:{}: a section without ]", path, number));
      }
      inside = NamesProfile(Trimmed(content.substr(1, end - 1)), name, of_config);
      if (inside && !keys) keys.emplace();
      continue;
    }
    // What is indented belongs to the key above it, which is of no interest then.
    if (!inside || line.front() == ' ' || line.front() == '\t') continue;
    const size_t equals = content.find('=');
    if (equals == std::string_view::npos) {
      return base::ConfigInvalid(fmt::format("{}:{}: expected KEY = VALUE", path, number));
    }
    std::string key(Trimmed(content.substr(0, equals)));
    std::transform(key.begin(), key.end(), key.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    keys->insert_or_assign(std::move(key),
                           std::string(Trimmed(WithoutComment(content.substr(equals + 1)))));
  }
  return keys;
}

base::Result<std::optional<ProfileKeys>> ReadProfile(const ProfileFiles& files) {
  MATOME_ASSIGN_OR_RETURN(const std::string credentials, ReadIfThere(files.credentials_path));
  MATOME_ASSIGN_OR_RETURN(const std::string config, ReadIfThere(files.config_path));
  MATOME_ASSIGN_OR_RETURN(auto keys,
                          ParseProfile(credentials, files.credentials_path, files.profile, false));
  MATOME_ASSIGN_OR_RETURN(auto more, ParseProfile(config, files.config_path, files.profile, true));
  if (!keys) return more;
  if (more) keys->merge(*more);
  return keys;
}

}  // namespace matome::s3
