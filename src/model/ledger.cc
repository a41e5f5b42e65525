// SPDX-License-Identifier: Apache-2.0
#include "model/ledger.h"

#include <string_view>

namespace matome::model {

std::string Fingerprint::DifferencesFrom(const Fingerprint& earlier) const {
  std::string differences;
  const auto add = [&](bool differs, std::string_view what) {
    if (!differs) return;
    if (!differences.empty()) differences += ", ";
    differences += what;
  };
  add(input != earlier.input, "other input");
  add(reference != earlier.reference, "other tag keys or reference data");
  add(node_roles != earlier.node_roles, "other node roles");
  add(options != earlier.options, "other options");
  add(program != earlier.program, "other program version");
  return differences;
}

}  // namespace matome::model
