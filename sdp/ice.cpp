#include "sdp/ice.hpp"

#include <algorithm>

namespace rotunda::sdp {
namespace {

// 40 and 130 random bits; RFC 8445 §5.3 asks for 24 and 128.
constexpr std::size_t ufrag_size = 8, password_size = 26;
// The only one there is: type preference 126, local preference 65535, component 1 (RFC 8445 §5.1.2).
constexpr const char* host_priority = "2130706431";

bool is_ice_text(const std::string& text, std::size_t least) {
    return text.size() >= least && text.size() <= 256 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                      c == '+' || c == '/';
           });
}

}  // namespace

std::optional<IceCredentials> ice_credentials_of(const SessionDescription& session, const Media& media) {
    const Attribute* ufrag = find(session, media, "ice-ufrag");
    const Attribute* password = find(session, media, "ice-pwd");
    if (!ufrag || !password || !is_ice_text(ufrag->value, 4) || !is_ice_text(password->value, 22))
        return std::nullopt;
    return IceCredentials{ufrag->value, password->value};
}

IceCredentials make_ice_credentials(RandomSource& random) {
    IceCredentials out;
    out.ufrag = random.token(ufrag_size);
    out.password = random.token(password_size);
    return out;
}

IceCredentials answer_ice(const IceCredentials& theirs, const std::optional<IcePair>& standing,
                          RandomSource& random) {
    return standing && standing->theirs == theirs ? standing->ours : make_ice_credentials(random);
}

void add_ice(Media& line, const IceCredentials& ours, const Endpoint& candidate) {
    line.attributes.push_back({"ice-ufrag", ours.ufrag});
    line.attributes.push_back({"ice-pwd", ours.password});
    line.attributes.push_back({"candidate", std::string("1 1 UDP ") + host_priority + " " +
                                                candidate.address.to_string() + " " +
                                                std::to_string(candidate.port) + " typ host"});
}

}  // namespace rotunda::sdp
