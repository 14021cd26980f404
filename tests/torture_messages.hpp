// The messages of RFC 4475 under tests/data, and the outcomes that are allowed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rotunda {

// One row of expected.tsv: "wsinv.dat", "request" or "response", "UDP" or "TCP", and the status of the
// answer: "400|405",
// "!400", "any", or "-" for none.
struct TortureRow {
    std::string file, kind, transport, allowed;
};

// All 49, in the table's order.
std::vector<TortureRow> torture_rows();

// Its exact bytes.
std::string torture_message(std::string_view file);

}  // namespace rotunda
