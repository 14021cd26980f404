#include "rooms/participant_name.hpp"

#include <string_view>

#include "base/text.hpp"

namespace rotunda::rooms {
namespace {

constexpr std::size_t max_name = 64;
constexpr std::size_t max_uri = 200;

std::string cut(std::string_view text, std::size_t most) {
    text = text.substr(0, most);
    while (!text.empty() && !is_utf8(text) && text.size() + 4 > most) text.remove_suffix(1);
    return std::string(is_utf8(text) ? text : std::string_view());
}

// Without what belongs to one request or one device.
std::string bare(sip::Uri uri) {
    if (!uri.is_sip()) return uri.to_string();
    sip::Uri out = sip::Uri::sip(uri.user(), uri.host(), uri.port());
    out.set_scheme(uri.scheme());
    return out.to_string();
}

const sip::NameAddr& address_of(const Participant& who, const sip::SessionPeer& peer) {
    return who.asserted ? *who.asserted : peer.address;
}

std::string user_uri(const sip::NameAddr& address, media::ParticipantId who) {
    const std::string number = std::to_string(who.value);
    if (iequals(address.uri.host(), "anonymous.invalid"))
        return "sip:anonymous-" + number + "@anonymous.invalid";
    std::string uri = bare(address.uri);
    return uri.size() <= max_uri ? uri : "sip:caller-" + number + "@anonymous.invalid";
}

std::string endpoint_uri(const sip::SessionPeer& peer, media::ParticipantId who) {
    std::string uri = peer.target.to_string();
    return uri.size() <= max_uri ? uri : "sip:endpoint-" + std::to_string(who.value) + "@anonymous.invalid";
}

// We say what we do, he is told what he does.
sdp::Direction his_direction(const media::AudioLeg& leg) {
    if (leg.receives) return leg.sends ? sdp::Direction::sendrecv : sdp::Direction::sendonly;
    return leg.sends ? sdp::Direction::recvonly : sdp::Direction::inactive;
}

}  // namespace

std::string name_to_show(const Participant& who, const sip::SessionPeer& peer) {
    const sip::NameAddr& address = address_of(who, peer);
    if (std::string name = cut(address.display_name, max_name); !name.empty()) return name;
    if (std::string user = cut(address.uri.user(), max_name); !user.empty()) return user;
    return "Guest";
}

RosterEntry make_roster_entry(const Participant& who, const sip::SessionPeer& peer) {
    RosterEntry entry;
    entry.user = user_uri(address_of(who, peer), who.id);
    entry.display_name = name_to_show(who, peer);
    entry.endpoint = endpoint_uri(peer, who.id);
    entry.status = who.leg.on_hold     ? EndpointStatus::on_hold
                   : who.control.muted ? EndpointStatus::muted
                                       : EndpointStatus::connected;
    entry.joined = who.dialed_out ? JoiningMethod::dialed_out : JoiningMethod::dialed_in;
    entry.talking = who.talking;
    entry.media = {{"audio", his_direction(who.leg)}};
    return entry;
}

}  // namespace rotunda::rooms
