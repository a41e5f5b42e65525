// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "model/text_order.h"
#include "pg/connection.h"
#include "pg/retry.h"

namespace matome::pg {

/// The default collation of a database. Asks the database itself about each new pair, on a
/// connection of its own that is opened when first needed: pairs are few, since only different
/// resource ids or roles of one node are compared.
class DatabaseTextOrder final : public model::TextOrder {
 public:
  DatabaseTextOrder(ConnectTarget target, const RetryPolicy& retry)
      : target_(std::move(target)), retry_(retry) {}

  bool IsAfter(std::string_view left, std::string_view right) const override;

  /// The failure that kept the database from being asked, if there was one. Then nothing may be
  /// kept that was made with this order.
  base::Status status() const;

 private:
  base::Result<bool> Ask(const std::string& left, const std::string& right) const;

  ConnectTarget target_;
  RetryPolicy retry_;
  mutable std::mutex mutex_;  // Guards the rest.
  mutable std::optional<Connection> connection_;
  mutable std::map<std::pair<std::string, std::string>, bool> answers_;
  mutable base::Status status_;
};

/// Null where the database's default collation is the order of bytes.
base::Result<std::unique_ptr<DatabaseTextOrder>> FindTextOrder(Connection& connection,
                                                               const ConnectTarget& target,
                                                               const RetryPolicy& retry);

}  // namespace matome::pg
