#include "api/event_history.hpp"

#include <fmt/format.h>

namespace rotunda::api {

namespace {

// Some minutes of a busy server; about a megabyte.
constexpr std::size_t kept = 4096;

}  // namespace

void EventHistory::add(std::string_view name, std::string_view json) {
    events_.push_back(fmt::format("id: {}\nevent: {}\ndata: {}\n\n", last() + 1, name, json));
    if (events_.size() <= kept) return;
    events_.pop_front();
    ++first_;
}

std::string EventHistory::since(std::uint64_t& position, std::size_t at_most) const {
    std::string out;
    // A client's invention: from here on.
    if (position > last()) position = last();
    if (position + 1 < first_) {
        out = fmt::format("event: lost\ndata: {{\"after\":{}}}\n\n", position);
        position = first_ - 1;
    }
    while (position < last() && out.size() < at_most) out += events_[position++ + 1 - first_];
    return out;
}

}  // namespace rotunda::api
