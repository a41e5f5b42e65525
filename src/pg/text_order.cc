// SPDX-License-Identifier: Apache-2.0
#include "pg/text_order.h"

namespace matome::pg {

bool DatabaseTextOrder::IsAfter(std::string_view left, std::string_view right) const {
  const std::lock_guard guard(mutex_);
  std::pair key{std::string(left), std::string(right)};
  if (const auto found = answers_.find(key); found != answers_.end()) return found->second;
  // No text of the database holds a NUL, and no day that has one is kept.
  const bool can_be_asked = left.find('\0') == left.npos && right.find('\0') == right.npos;
  if (!status_.ok() || !can_be_asked) return left > right;
  auto answer = Ask(key.first, key.second);
  if (!answer.ok()) {
    status_ = std::move(answer).status().WithContext("asking for the database's order of texts");
    return left > right;
  }
  answers_.emplace(std::move(key), *answer);
  return *answer;
}

base::Status DatabaseTextOrder::status() const {
  const std::lock_guard guard(mutex_);
  return status_;
}

base::Result<bool> DatabaseTextOrder::Ask(const std::string& left, const std::string& right) const {
  for (Retry retry(retry_, target_.stop);;) {
    Error error;
    base::Status status;
    if (!connection_ || !connection_->alive()) {
      auto opened = Connection::Open(target_, &error);
      status = opened.status();
      if (opened.ok()) connection_ = std::move(opened).value();
    }
    if (status.ok()) {
      const auto rows = connection_->ExecParams("SELECT $1::text > $2::text", {left, right});
      if (rows.ok()) return rows->text(0, 0) == "t";
      status = rows.status();
      error = connection_->error();
    }
    if (!retry.WaitFor(error)) return retry.Outcome(std::move(status));
  }
}

base::Result<std::unique_ptr<DatabaseTextOrder>> FindTextOrder(Connection& connection,
                                                               const ConnectTarget& target,
                                                               const RetryPolicy& retry) {
  // Before version 15 there was but one provider, and no column that names it.
  MATOME_ASSIGN_OR_RETURN(
      const auto rows,
      connection.Exec("SELECT coalesce(pg_catalog.to_jsonb(d) ->> 'datlocprovider', 'c'),"
                      " d.datcollate FROM pg_catalog.pg_database AS d"
                      " WHERE d.datname = pg_catalog.current_database()"));
  const auto provider = rows.text(0, 0);
  const auto collation = rows.text(0, 1);
  const bool is_bytes =
      provider == "b" || (provider == "c" && (collation == "C" || collation == "POSIX" ||
                                              collation == "C.UTF-8" || collation == "C.utf8"));
  if (is_bytes) return std::unique_ptr<DatabaseTextOrder>();
  return std::make_unique<DatabaseTextOrder>(target, retry);
}

}  // namespace matome::pg
