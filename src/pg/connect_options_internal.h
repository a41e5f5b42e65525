// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "pg/connection.h"

namespace matome::pg {

/// What libpq is given to connect, in the order that lets the user's own words win.
class ConnectOptions {
 public:
  /// kUsage if the target's text cannot be understood; the message quotes no value of it.
  static base::Result<ConnectOptions> Make(const ConnectTarget& target);

  /// Null-terminated, for PQconnectStartParams with expand_dbname. Valid as long as this object.
  std::vector<const char*> keywords() const;
  std::vector<const char*> values() const;

  std::chrono::seconds connect_timeout() const { return connect_timeout_; }  // 0: no limit.
  bool several_hosts() const { return host_.find(',') != std::string::npos; }
  std::string_view password() const { return password_; }
  std::string Describe() const;

 private:
  std::vector<std::pair<std::string, std::string>> options_;
  std::chrono::seconds connect_timeout_{};
  std::string password_, user_, host_, port_, database_;
};

/// "postgresql://user@host:port/database"; a socket's folder stands behind '?'.
std::string DescribePlace(std::string_view user, std::string_view host, std::string_view port,
                          std::string_view database);

}  // namespace matome::pg
