#include "signaling/transaction_key.hpp"

#include <charconv>

#include "base/text.hpp"

namespace rotunda::sip {

namespace {

// No parsed value holds a line feed: two different lists of parts never make the same text.
constexpr char separator = '\n';

void append(std::string& key, std::string_view part) {
    key += part;
    key += separator;
}

// Tokens and hosts compare without case (RFC 3261 §7.3.1).
void append_lower(std::string& key, std::string_view part) {
    const std::size_t begin = key.size();
    key += part;
    for (std::size_t i = begin; i < key.size(); ++i) key[i] = to_lower(key[i]);
    key += separator;
}

void append(std::string& key, std::uint32_t number) {
    char digits[10];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    append(key, std::string_view(digits, end));
}

}  // namespace

std::size_t write_server_key(const SipMessage& request, std::string_view method, std::string_view to_tag,
                             std::string& key) {
    const Via& via = request.top_via();
    key.clear();
    if (via.has_rfc3261_branch()) {
        append_lower(key, via.branch());
        append_lower(key, via.host);
        append(key, via.port);
        append(key, method);
        return key.size();
    }
    append(key, request.call_id());
    append(key, request.cseq().number);
    append(key, method);
    append(key, request.from_tag());
    request.uri().append_to(key);
    key += separator;
    append(key, via.to_string());
    const std::size_t prefix = key.size();
    append_to_tag(to_tag, key);
    return prefix;
}

void append_to_tag(std::string_view to_tag, std::string& key) {
    append(key, to_tag);
}

void write_merge_key(const SipMessage& request, std::string& key) {
    key.clear();
    append(key, request.call_id());
    append(key, request.cseq().number);
    append(key, request.method().name());
    append(key, request.from_tag());
}

void write_client_key(std::string_view branch, std::string_view method, std::string& key) {
    key.clear();
    append(key, branch);
    append(key, method);
}

}  // namespace rotunda::sip
