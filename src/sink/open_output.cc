// SPDX-License-Identifier: Apache-2.0
#include "sink/open_output.h"

#include <utility>

namespace matome::sink {

base::Result<std::unique_ptr<MonthOutput>> OpenOutput(const OutputTarget& target,
                                                      const MonthOutputOptions& options) {
  if (const auto* tree = std::get_if<TreeTarget>(&target)) {
    MATOME_ASSIGN_OR_RETURN(auto output, TreeOutput::Open(*tree, options));
    return std::unique_ptr<MonthOutput>(std::move(output));
  }
  MATOME_ASSIGN_OR_RETURN(auto output,
                          PostgresOutput::Open(std::get<PostgresTarget>(target), options));
  return std::unique_ptr<MonthOutput>(std::move(output));
}

}  // namespace matome::sink
