// SPDX-License-Identifier: Apache-2.0
#include "sink/quarantine.h"

#include <nlohmann/json.hpp>

#include "model/ledger_json.h"
#include "sink/tree_layout.h"

namespace matome::sink {

base::Status WriteQuarantine(store::WritableStore& store, const std::string& source_uuid,
                             model::Day day, std::span<const model::BadInput> bad) {
  const std::string key = QuarantineKey(source_uuid, day);
  if (bad.empty()) return store.Remove(key);
  const auto produce = [&](const store::ByteSink& sink) -> base::Status {
    for (const auto& each : bad) {
      nlohmann::ordered_json line = {{"day", day.ToString()}};
      line.update(model::ToJson(each));
      const std::string text =
          line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
      MATOME_RETURN_IF_ERROR(sink({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
    }
    return {};
  };
  return store.Put(key, produce, {}).status();
}

base::Result<std::set<model::Day>> RecordedDays(const store::WritableStore& store,
                                                const std::string& source_uuid) {
  MATOME_ASSIGN_OR_RETURN(const auto records, store.List(QuarantinePrefix(source_uuid)));
  std::set<model::Day> days;
  for (const auto& record : records) {
    if (const auto day = model::Day::Parse(StemOf(record.key))) days.insert(*day);
  }
  return days;
}

}  // namespace matome::sink
