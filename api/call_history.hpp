// The records of the last calls, and each as a line of JSON.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "rooms/call_record.hpp"

namespace rotunda::api {

// One JSON object without line feeds.
std::string to_json(const rooms::CallRecord& record, WallOffset offset);
// "2026-01-31T12:00:00.123Z"
std::string timestamp(WallTime at);

class CallHistory {
  public:
    void add(std::string json);
    // A JSON array of the last ones, the latest first.
    std::string latest(std::size_t most) const;
    std::size_t size() const { return records_.size(); }

  private:
    std::deque<std::string> records_;
};

}  // namespace rotunda::api
