// SPDX-License-Identifier: Apache-2.0
#include "pipeline/quarantine.h"

#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sink/durable_file.h"

namespace matome::pipeline {

base::Status WriteQuarantine(const std::string& output_directory, const std::string& source_uuid,
                             model::Day day, const std::vector<model::BadInput>& bad) {
  const std::string directory =
      fmt::format("{}/_matome/quarantine/source={}", output_directory, source_uuid);
  const std::string name = day.ToString() + ".jsonl";
  if (bad.empty()) {
    const std::string path = directory + "/" + name;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
      return sink::WriteError("remove", path, errno);
    }
    return {};
  }
  MATOME_ASSIGN_OR_RETURN(auto file, sink::DurableFile::Create(directory, "." + name + ".tmp"));
  for (const auto& each : bad) {
    nlohmann::ordered_json line = {{"day", day.ToString()}, {"object", each.object}};
    line["row_group"] = each.row_group ? nlohmann::ordered_json(*each.row_group) : nullptr;
    line["row"] = each.row ? nlohmann::ordered_json(*each.row) : nullptr;
    line["column"] = each.column;
    line["reason"] = each.reason;
    line["raw_text"] = each.raw_text;
    const std::string text =
        line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    MATOME_RETURN_IF_ERROR(
        file.Write({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
  }
  return std::move(file).Commit(name);
}

}  // namespace matome::pipeline
