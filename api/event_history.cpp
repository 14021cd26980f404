#include "api/event_history.hpp"

#include <fmt/format.h>

namespace rotunda::api {

namespace {

// Some minutes of a busy server; about a megabyte.
constexpr std::size_t kept = 4096;

}  // namespace

void EventHistory::add(std::string_view name, std::string_view json) {
    events_.push_back({std::string(name), std::string(json)});
    if (events_.size() <= kept) return;
    events_.pop_front();
    ++first_;
}

bool EventHistory::skip_lost(std::uint64_t& position) const {
    // A client's invention: from here on.
    if (position > last()) position = last();
    if (position + 1 >= first_) return false;
    position = first_ - 1;
    return true;
}

std::string EventHistory::since(std::uint64_t& position, std::size_t at_most) const {
    std::string out;
    const std::uint64_t asked = position;
    if (skip_lost(position)) out = fmt::format("event: lost\ndata: {{\"after\":{}}}\n\n", asked);
    while (position < last() && out.size() < at_most) {
        const Event& event = events_[position++ + 1 - first_];
        out += fmt::format("id: {}\nevent: {}\ndata: {}\n\n", position, event.name, event.json);
    }
    return out;
}

std::vector<std::string> EventHistory::objects_since(std::uint64_t& position, std::size_t at_most) const {
    std::vector<std::string> out;
    const std::uint64_t asked = position;
    if (skip_lost(position)) out.push_back(fmt::format(R"({{"event":"lost","data":{{"after":{}}}}})", asked));
    for (std::size_t size = 0; position < last() && size < at_most; size += out.back().size()) {
        const Event& event = events_[position++ + 1 - first_];
        out.push_back(fmt::format(R"({{"id":{},"event":"{}","data":{}}})", position, event.name, event.json));
    }
    return out;
}

}  // namespace rotunda::api
