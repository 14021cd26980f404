#include "api/call_trace.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rotunda::api {

namespace {

constexpr std::string_view inline_key = "inline:";
constexpr std::string_view invite = "INVITE ";

}  // namespace

std::string_view call_id_of(std::string_view message) {
    while (!message.empty()) {
        const Split parts = split_once(message, '\n');
        const std::string_view line = trim(parts.head);
        if (line.empty()) break;
        const Split field = split_once(line, ':');
        const std::string_view name = trim(field.head);
        if (field.tail && (iequals(name, "Call-ID") || iequals(name, "i"))) return trim(*field.tail);
        message = parts.tail.value_or("");
    }
    return {};
}

void cover_keys(std::string& message) {
    const auto next = [&](std::size_t from) {
        const auto same = [](char a, char b) { return to_lower(a) == b; };
        return static_cast<std::size_t>(std::search(message.begin() + static_cast<std::ptrdiff_t>(from),
                                                    message.end(), inline_key.begin(), inline_key.end(),
                                                    same) -
                                        message.begin());
    };
    for (std::size_t at = next(0); at < message.size(); at = next(at)) {
        at += inline_key.size();
        for (; at < message.size() && std::string_view("|\r\n; ").find(message[at]) == std::string_view::npos;
             ++at)
            message[at] = '*';
    }
}

CallTrace::Calls::iterator CallTrace::call_for(std::string_view id, bool begins) {
    if (const auto known = by_id_.find(id); known != by_id_.end()) {
        calls_.splice(calls_.begin(), calls_, known->second);
        return calls_.begin();
    }
    if (!begins) return calls_.end();
    calls_.push_front({std::string(id), {}});
    by_id_.emplace(calls_.front().id, calls_.begin());
    return calls_.begin();
}

void CallTrace::add(WallTime at, bool inbound, const sip::Flow& flow, std::string_view text) {
    const bool begins = text.starts_with(invite);
    if (!begins && calls_.empty()) return;
    const std::string_view id = call_id_of(text);
    if (id.empty()) return;
    const auto call = call_for(id, begins);
    if (call == calls_.end() || call->messages.size() >= limits_.messages) return;
    TracedMessage message{at, inbound, flow, std::string(text.substr(0, limits_.largest))};
    cover_keys(message.text);
    octets_ += message.text.size();
    call->messages.push_back(std::move(message));
    forget_some();
}

void CallTrace::forget_some() {
    while (calls_.size() > 1 && (calls_.size() > limits_.calls || octets_ > limits_.octets)) {
        const Call& oldest = calls_.back();
        for (const TracedMessage& message : oldest.messages) octets_ -= message.text.size();
        by_id_.erase(oldest.id);
        calls_.pop_back();
    }
}

const std::vector<TracedMessage>* CallTrace::find(std::string_view call_id) const {
    const auto call = by_id_.find(call_id);
    return call == by_id_.end() ? nullptr : &call->second->messages;
}

}  // namespace rotunda::api
