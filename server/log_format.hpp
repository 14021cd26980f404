// A log record as one line. Whatever bytes a caller put into it, the line stays one line and the JSON stays
// JSON. Of a message or a value 256 octets are kept, and "…" says that there were more.
#pragma once

#include <string>

#include "base/log.hpp"
#include "base/time.hpp"

namespace rotunda::server {

// "2026-01-31T12:00:00.123Z info  call.joined joined room=1000 call_id=\"a b\""; control characters and
// broken UTF-8 as \xNN.
std::string text_line(const LogRecord& record, WallTime at);

// {"time":"...","level":"info","event":"call.joined","message":"joined","room":"1000"}; broken UTF-8 as
// U+FFFD.
std::string json_line(const LogRecord& record, WallTime at);

}  // namespace rotunda::server
