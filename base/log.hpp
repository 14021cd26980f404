// A log line is an event with fields. Cores do not log: the focus and the server do, on the signaling thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rotunda {

enum class LogLevel { debug, info, warning, error };

// event: dotted and stable, for machines ("call.joined"); fields: what an operator greps for (call_id, room,
// participant, ...).
struct LogRecord {
    LogLevel level = LogLevel::info;
    std::string_view event;
    std::string message;
    std::vector<std::pair<std::string_view, std::string>> fields;
};

// Implemented by server/; tests keep the records.
class LogSink {
  public:
    virtual ~LogSink() = default;
    virtual void write(const LogRecord& record) = 0;
    // False: a record of this level would be written nowhere, and need not be made.
    virtual bool takes(LogLevel) const { return true; }
};

}  // namespace rotunda
