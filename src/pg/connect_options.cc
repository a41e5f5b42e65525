// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "pg/connect_options_internal.h"
#include "pg/libpq.h"

namespace matome::pg {
namespace {

using Options = std::map<std::string, std::string, std::less<>>;

bool IsUrl(std::string_view text) {
  return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

/// A URL with a password that holds '@' or '/' as they are is taken apart at the wrong places, and
/// pieces of the password then stand where a host or a database is shown.
base::Status CheckUrl(std::string_view url) {
  url.remove_prefix(url.find("://") + 3);
  const std::string_view authority = url.substr(0, url.find('/'));
  const std::string_view rest = url.substr(authority.size());
  const size_t at = authority.find('@');
  if (authority.find('@', at == std::string_view::npos ? at : at + 1) != std::string_view::npos ||
      rest.find('@') != std::string_view::npos) {
    return base::Usage(
        "the PostgreSQL URL has an @ too many: in user, password and parameters write %40 for @ "
        "and %2F for /");
  }
  return {};
}

/// libpq's reason for not understanding a text, without what it quotes: that may be a secret.
std::string WithoutQuotes(std::string_view reason) {
  std::string text;
  bool quoted = false;
  for (const char c : reason) {
    if (c == '"') {
      text += quoted ? "…\"" : "\"";
      quoted = !quoted;
    } else if (!quoted && c != '\n') {
      text += c;
    }
  }
  return text;
}

Options Take(PQconninfoOption* list) {
  Options options;
  for (const PQconninfoOption* option = list; option != nullptr && option->keyword != nullptr;
       ++option) {
    if (option->val != nullptr && *option->val != '\0') options[option->keyword] = option->val;
  }
  PQconninfoFree(list);
  return options;
}

base::Result<Options> Parse(const std::string& conninfo) {
  if (conninfo.empty()) return Options();
  if (IsUrl(conninfo)) {
    MATOME_RETURN_IF_ERROR(CheckUrl(conninfo));
  } else if (conninfo.find('=') == std::string::npos) {
    return Options{{"dbname", conninfo}};
  }
  char* reason = nullptr;
  PQconninfoOption* const list = PQconninfoParse(conninfo.c_str(), &reason);
  if (list == nullptr) {
    const std::string text = WithoutQuotes(reason == nullptr ? "out of memory" : reason);
    PQfreemem(reason);
    return base::Usage(fmt::format("the PostgreSQL connection text is not understood: {}", text));
  }
  return Take(list);
}

std::string Percent(std::string_view text) {
  std::string coded;
  for (const char c : text) {
    if (c == '/' || c == '@' || c == ':' || c == '?' || c == '&' || c == '%' || c == ' ') {
      coded += fmt::format("%{:02X}", c);
    } else {
      coded += c;
    }
  }
  return coded;
}

}  // namespace

base::Result<ConnectOptions> ConnectOptions::Make(const ConnectTarget& target) {
  MATOME_RETURN_IF_ERROR(LoadLibpq());
  MATOME_ASSIGN_OR_RETURN(const Options given, Parse(target.conninfo));
  // Variables, the service that PGSERVICE names, and what libpq has for the rest.
  const Options defaults = Take(PQconndefaults());
  const auto find = [&](std::string_view key) -> std::string {
    for (const Options* options : {&given, &defaults}) {
      if (const auto at = options->find(key); at != options->end()) return at->second;
    }
    return {};
  };

  ConnectOptions made;
  made.user_ = find("user");
  made.host_ = given.contains("host") ? given.at("host") : find("hostaddr");
  if (made.host_.empty()) made.host_ = find("host");
  made.port_ = find("port");
  // With a '/' in a password, what stands there is a piece of it.
  if (made.port_.find_first_not_of("0123456789,") != std::string::npos) {
    return base::Usage(
        "the PostgreSQL port is not a number; in a URL's password write %2F for / and %3A for :");
  }
  made.database_ = find("dbname");
  if (made.database_.empty()) made.database_ = made.user_;
  made.password_ = target.password ? *target.password : find("password");

  const auto prefer = [&](std::string key, std::string value) {
    if (find(key).empty()) made.options_.emplace_back(std::move(key), std::move(value));
  };
  prefer("connect_timeout", std::to_string(target.connect_timeout.count()));
  // A peer that is gone is noticed after a minute, idle or with bytes on the way.
  // A service named in the text is read later and could not overrule this.
  if (!given.contains("service")) {
    prefer("keepalives_idle", "30");
    prefer("keepalives_interval", "10");
    prefer("keepalives_count", "3");
    prefer("tcp_user_timeout", "60000");
  }
  made.options_.emplace_back("fallback_application_name", "matome");
  if (!target.conninfo.empty()) made.options_.emplace_back("dbname", target.conninfo);
  if (target.password) made.options_.emplace_back("password", *target.password);
  made.options_.emplace_back("client_encoding", "UTF8");

  const std::string timeout = find("connect_timeout");
  int64_t seconds = target.connect_timeout.count();
  std::from_chars(timeout.data(), timeout.data() + timeout.size(), seconds);
  made.connect_timeout_ = std::chrono::seconds(seconds < 0 ? 0 : seconds);
  return made;
}

std::vector<const char*> ConnectOptions::keywords() const {
  std::vector<const char*> pointers;
  for (const auto& [keyword, value] : options_) pointers.push_back(keyword.c_str());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<const char*> ConnectOptions::values() const {
  std::vector<const char*> pointers;
  for (const auto& [keyword, value] : options_) pointers.push_back(value.c_str());
  pointers.push_back(nullptr);
  return pointers;
}

std::string ConnectOptions::Describe() const {
  return DescribePlace(user_, host_, port_, database_);
}

std::string DescribePlace(std::string_view user, std::string_view host, std::string_view port,
                          std::string_view database) {
  const std::string who = user.empty() ? "" : Percent(user) + "@";
  if (host.starts_with('/')) {
    return fmt::format("postgresql://{}/{}?host={}&port={}", who, Percent(database), host, port);
  }
  return fmt::format("postgresql://{}{}{}{}/{}", who, host.empty() ? "localhost" : host,
                     port.empty() ? "" : ":", port, Percent(database));
}

std::string Describe(const ConnectTarget& target) {
  const auto options = ConnectOptions::Make(target);
  return options.ok() ? options->Describe() : "postgresql://…";
}

base::Status CheckTarget(const ConnectTarget& target) {
  return ConnectOptions::Make(target).status();
}

}  // namespace matome::pg
