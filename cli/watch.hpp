// `rotunda watch`: on a terminal all rooms and who is in them, drawn anew each second with the last events
// below; elsewhere, or with --json, every event as a line.
#pragma once

#include "cli/http_client.hpp"

namespace rotunda::cli {

// Returns when the server ends, refuses, or cannot be reached.
Result<HttpAnswer> watch(const HttpClient& client, bool json);

// One event of the stream, "data: {...}", as a person reads it: time, event, room, who, what.
std::string event_line(std::string_view json);

}  // namespace rotunda::cli
