#include "sdp/session_description.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace rotunda::sdp {

Connection Connection::to(const IpAddress& address) {
    return {address.to_string(), address, {}};
}

bool Connection::is_black_hole() const {
    if (address) return address->is_wildcard();
    constexpr std::string_view invalid = ".invalid";
    return host.size() > invalid.size() &&
           iequals(std::string_view(host).substr(host.size() - invalid.size()), invalid);
}

const Attribute* find(const std::vector<Attribute>& attributes, std::string_view name) {
    const auto at = std::find_if(attributes.begin(), attributes.end(),
                                 [&](const Attribute& a) { return iequals(a.name, name); });
    return at == attributes.end() ? nullptr : &*at;
}

const Attribute* find(const SessionDescription& session, const Media& media, std::string_view name) {
    const Attribute* own = find(media.attributes, name);
    return own ? own : find(session.attributes, name);
}

const Connection* connection_of(const SessionDescription& session, const Media& media) {
    if (media.connection) return &*media.connection;
    return session.connection ? &*session.connection : nullptr;
}

std::string_view to_string(ParseError reason) {
    constexpr std::array<std::string_view, 13> names = {
        "too-long",         "too-many-lines",      "line-too-long", "too-many-media",
        "too-many-formats", "too-many-attributes", "not-text",      "not-a-line",
        "bad-version",      "bad-connection",      "bad-media",     "not-internet",
        "contradiction"};
    static_assert(names.size() == static_cast<std::size_t>(ParseError::contradiction) + 1);
    return names[static_cast<std::size_t>(reason)];
}

}  // namespace rotunda::sdp
