// SPDX-License-Identifier: Apache-2.0
#include "sink/quarantine.h"

#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/ledger_json.h"
#include "sink/durable_file.h"

namespace matome::sink {

base::Status WriteQuarantine(const std::string& output_directory, const std::string& source_uuid,
                             model::Day day, std::span<const model::BadInput> bad) {
  const std::string directory =
      fmt::format("{}/_matome/quarantine/source={}", output_directory, source_uuid);
  const std::string name = day.ToString() + ".jsonl";
  if (bad.empty()) {
    const std::string path = directory + "/" + name;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
      return WriteError("remove", path, errno);
    }
    return {};
  }
  MATOME_ASSIGN_OR_RETURN(auto file, DurableFile::Create(directory, "." + name + ".tmp"));
  for (const auto& each : bad) {
    nlohmann::ordered_json line = {{"day", day.ToString()}};
    line.update(model::ToJson(each));
    const std::string text =
        line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    MATOME_RETURN_IF_ERROR(
        file.Write({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
  }
  return std::move(file).Commit(name);
}

}  // namespace matome::sink
