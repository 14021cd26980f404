// The last events, for those who watch (server-sent events, WebSocket): each with a number by which a stream
// is resumed.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace rotunda::api {

class EventHistory {
  public:
    // The first event's number; if every start of the server begins higher than the last one came, a stream
    // can be resumed across a restart.
    explicit EventHistory(std::uint64_t first = 1) : first_(first) {}

    // `json`: one line.
    void add(std::string_view name, std::string_view json);
    // The number of the last event; before the first, one less than that will have.
    std::uint64_t last() const { return first_ + events_.size() - 1; }
    // As text/event-stream what came after `position`, oldest first and at most about `at_most` octets, and
    // moves `position` there. Whoever has fallen behind what is kept gets an event "lost" first.
    std::string since(std::uint64_t& position, std::size_t at_most) const;
    // The same as JSON objects {"id":..., "event":..., "data":{...}}, of which the last one may make it
    // longer.
    std::vector<std::string> objects_since(std::uint64_t& position, std::size_t at_most) const;

  private:
    struct Event {
        std::string name, json;
    };
    // True if what came right after `position` is no longer kept; it is then moved to what is.
    bool skip_lost(std::uint64_t& position) const;

    std::deque<Event> events_;
    std::uint64_t first_;  // the number of events_.front()
};

}  // namespace rotunda::api
