#include "api/call_trace.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rotunda::api {

namespace {

constexpr std::string_view inline_key = "inline:";
constexpr std::string_view invite = "INVITE ";
constexpr std::string_view digest_fields[] = {"Authorization", "Proxy-Authorization", "Authentication-Info",
                                              "Proxy-Authentication-Info"};
constexpr std::string_view digest_parameters[] = {"response", "rspauth"};

std::size_t find_any_case(std::string_view text, std::string_view lower_case, std::size_t from) {
    const auto same = [](char a, char b) { return to_lower(a) == b; };
    return static_cast<std::size_t>(std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(),
                                                lower_case.begin(), lower_case.end(), same) -
                                    text.begin());
}

void cover_until(std::string& message, std::size_t at, std::string_view ends) {
    for (; at < message.size() && ends.find(message[at]) == ends.npos; ++at) message[at] = '*';
}

void cover_keys(std::string& message) {
    for (std::size_t at = find_any_case(message, inline_key, 0); at < message.size();
         at = find_any_case(message, inline_key, at)) {
        at += inline_key.size();
        cover_until(message, at, "|\r\n; ");
    }
}

// In the line that ends there, wherever a value follows the name.
void cover_parameter(std::string& message, std::size_t begin, std::size_t end, std::string_view name) {
    const auto line = [&] { return std::string_view(message).substr(0, end); };
    for (std::size_t at = find_any_case(line(), name, begin); at < end;
         at = find_any_case(line(), name, at)) {
        at += name.size();
        const std::size_t equals = line().find_first_not_of(" \t", at);
        if (equals == line().npos || message[equals] != '=') continue;
        const std::size_t value = line().find_first_not_of(" \t\"", equals + 1);
        if (value != line().npos) cover_until(message, value, "\", \t\r\n");
    }
}

bool has_digest(std::string_view line) {
    const Split field = split_once(line, ':');
    return field.tail && std::ranges::any_of(digest_fields, [&](std::string_view name) {
               return iequals(trim(field.head), name);
           });
}

void cover_digests(std::string& message) {
    bool covers = false;
    // What may go before the start line (RFC 3261 §7.5).
    const std::size_t start =
        std::min(message.find_first_not_of(std::string_view("\r\n\0", 3)), message.size());
    for (std::size_t at = start, next = start; at < message.size(); at = next) {
        const std::size_t end = std::min(message.find('\n', at), message.size());
        next = end + 1;
        const std::string_view line = std::string_view(message).substr(at, end - at);
        if (line.size() <= 1) break;  // the body
        if (line[0] != ' ' && line[0] != '\t') covers = has_digest(line);
        if (!covers) continue;
        for (const std::string_view name : digest_parameters) cover_parameter(message, at, end, name);
    }
}

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

void cover_secrets(std::string& message) {
    cover_keys(message);
    cover_digests(message);
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
    if (call == calls_.end()) return;
    if (call->messages.size() >= limits_.messages) make_place(call->messages);
    TracedMessage message{at, inbound, flow, std::string(text.substr(0, limits_.largest))};
    cover_secrets(message.text);
    octets_ += message.text.size();
    call->messages.push_back(std::move(message));
    forget_some();
}

// How a long call began is kept, and how it ended: in its middle are roster updates and refreshes.
void CallTrace::make_place(std::vector<TracedMessage>& messages) {
    const auto middle = messages.begin() + static_cast<std::ptrdiff_t>((limits_.messages + 3) / 4);
    const std::uint64_t left_out = middle->left_out + 1;
    octets_ -= middle->text.size();
    messages.erase(middle)->left_out += left_out;
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
