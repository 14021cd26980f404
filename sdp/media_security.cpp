#include "sdp/media_security.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sdp/dtls.hpp"
#include "sdp/ice.hpp"
#include "sdp/offer_answer_lines.hpp"

namespace rotunda::sdp {
namespace {

// The mids that share a transport with each other if both sides wish so.
std::vector<std::string> bundle_of(const SessionDescription& session) {
    for (const Attribute& a : session.attributes) {
        if (!iequals(a.name, "group")) continue;
        auto group = parse_group(a.value);
        if (group && iequals(group->semantics, "BUNDLE")) return std::move(group->mids);
    }
    return {};
}

}  // namespace

bool is_plain_rtp(const Media& media) {
    return iequals(media.proto, "RTP/AVP") || iequals(media.proto, "RTP/AVPF");
}

bool is_dtls_rtp(const Media& media) {
    return iequals(media.proto, "UDP/TLS/RTP/SAVP") || iequals(media.proto, "UDP/TLS/RTP/SAVPF");
}

bool is_rtp(const Media& media) {
    return is_plain_rtp(media) || is_dtls_rtp(media) || iequals(media.proto, "RTP/SAVP") ||
           iequals(media.proto, "RTP/SAVPF");
}

bool names_protection(const SessionDescription& session, const Media& media) {
    if (is_plain_rtp(media)) return true;
    return is_rtp(media) &&
           ((!is_dtls_rtp(media) && !cryptos_of(media).empty()) || dtls_peer(session, media, std::nullopt));
}

bool may_use_sdes(const Capabilities& capabilities) {
    return capabilities.encryption == MediaEncryption::optional ||
           (capabilities.encryption == MediaEncryption::required && capabilities.secure_signaling);
}

bool may_use_dtls(const Capabilities& capabilities) {
    return capabilities.encryption != MediaEncryption::off && capabilities.dtls;
}

std::optional<Protection> protection_of(const SessionDescription& session, const Media& media,
                                        const Capabilities& capabilities) {
    if (!is_dtls_rtp(media) && may_use_sdes(capabilities) && !cryptos_of(media).empty())
        return Protection::sdes;
    if (may_use_dtls(capabilities) && dtls_peer(session, media, std::nullopt)) return Protection::dtls;
    if (is_plain_rtp(media) && capabilities.encryption != MediaEncryption::required) return Protection::clear;
    return std::nullopt;
}

std::optional<Refusal> protection_problem(const SessionDescription& session, const Media& media,
                                          const Capabilities& capabilities) {
    if (protection_of(session, media, capabilities)) return std::nullopt;
    if (capabilities.encryption == MediaEncryption::required)
        return Refusal{488, 399, "Media must be encrypted, and keys not sent in the clear"};
    return Refusal{488, 302, "Incompatible transport protocol"};
}

std::string offered_profile(const Media& slot, const Capabilities& capabilities) {
    if (may_use_dtls(capabilities) && is_dtls_rtp(slot)) return slot.proto;
    if (may_use_dtls(capabilities) && capabilities.browser && slot.proto.empty()) return "UDP/TLS/RTP/SAVPF";
    const bool plain = capabilities.encryption != MediaEncryption::required;
    if (plain ? is_plain_rtp(slot) || (may_use_sdes(capabilities) && is_rtp(slot) && !is_dtls_rtp(slot))
              : is_rtp(slot) && !is_plain_rtp(slot) && !is_dtls_rtp(slot))
        return slot.proto;
    if (plain) return "RTP/AVP";
    return may_use_dtls(capabilities) && !may_use_sdes(capabilities) ? "UDP/TLS/RTP/SAVP" : "RTP/SAVP";
}

void add_security(Media& line, const LineSecurity& security) {
    for (const CryptoAttribute& crypto : security.cryptos)
        line.attributes.push_back({"crypto", to_string(crypto)});
    if (security.fingerprint) {
        line.attributes.push_back({"fingerprint", to_string(*security.fingerprint)});
        line.attributes.push_back({"setup", security.setup});
    }
    if (security.ice) add_ice(line, *security.ice, security.candidate);
}

LineSecurity answer_security(const SessionDescription& offer, const Media& offered,
                             const Capabilities& capabilities, const NegotiatedMedia* standing,
                             const Endpoint& candidate, RandomSource& random, NegotiatedMedia& out) {
    LineSecurity line;
    const auto protection = protection_of(offer, offered, capabilities);
    if (protection == Protection::sdes) {
        const auto before = standing ? standing->srtp : std::nullopt;
        if (const auto agreed = answer_crypto(cryptos_of(offered), before, random)) {
            out.srtp = agreed->keys;
            line.cryptos = {agreed->ours};
        }
    } else if (protection == Protection::dtls) {
        out.dtls = dtls_peer(offer, offered, standing ? standing->dtls : std::nullopt);
        line.fingerprint = capabilities.dtls;
        line.setup = out.dtls->we_begin ? "active" : "passive";
    }
    // One component only: who wants RTCP on a port of its own has to do without ICE, and so does who is lite
    // himself: nobody would check anything.
    if (const auto theirs = ice_credentials_of(offer, offered); theirs && capabilities.ice && out.rtcp_mux &&
                                                                protection != Protection::clear &&
                                                                !find(offer.attributes, "ice-lite")) {
        line.ice = answer_ice(*theirs, standing ? standing->ice : std::nullopt, random);
        line.candidate = candidate;
        out.ice = IcePair{*line.ice, *theirs};
    }
    return line;
}

LineSecurity offer_security(const std::string& proto, const Capabilities& capabilities,
                            const NegotiatedMedia* standing, const Endpoint& candidate,
                            RandomSource& random) {
    LineSecurity line;
    Media offered;
    offered.proto = proto;
    if (may_use_dtls(capabilities) && (is_dtls_rtp(offered) || (standing && standing->dtls))) {
        line.fingerprint = capabilities.dtls;
        line.setup = "actpass";  // RFC 8842 §5.2, and so while an association stands
    } else if (may_use_sdes(capabilities)) {
        line.cryptos = offer_crypto(standing ? standing->srtp : std::nullopt, random);
    }
    if (standing ? standing->ice.has_value() : capabilities.ice && capabilities.browser) {
        line.ice = standing ? standing->ice->ours : make_ice_credentials(random);
        line.candidate = candidate;
    }
    return line;
}

bool read_security(const SessionDescription& answer, const Media& ours, const Media& theirs,
                   const NegotiatedMedia* standing, NegotiatedMedia& out) {
    if (find(ours.attributes, "fingerprint"))
        out.dtls = dtls_peer(answer, theirs, standing ? standing->dtls : std::nullopt);
    else
        out.srtp = answered_crypto(cryptos_of(ours), cryptos_of(theirs));
    const auto mine = ice_credentials_of({}, ours), his = ice_credentials_of(answer, theirs);
    if (mine && his && out.rtcp_mux) out.ice = IcePair{*mine, *his};
    return out.srtp || out.dtls || is_plain_rtp(ours);
}

void add_session_security(SessionDescription& ours, const SessionDescription* offered) {
    const bool ice = std::any_of(ours.media.begin(), ours.media.end(),
                                 [](const Media& m) { return find(m.attributes, "ice-ufrag"); });
    if (!ice) return;
    ours.attributes.push_back({"ice-lite", {}});
    const std::vector<std::string> theirs = offered ? bundle_of(*offered) : std::vector<std::string>{};
    std::string group = "BUNDLE";
    for (const Media& line : ours.media) {
        const std::string mid = mid_of(line);
        // Each line has a transport of its own for now, so the bundle is the audio alone.
        if (line.port == 0 || mid.empty() || kind_of(line) != MediaKind::audio) continue;
        if (offered && std::find(theirs.begin(), theirs.end(), mid) == theirs.end()) continue;
        group += ' ' + mid;
    }
    if (group.find(' ') != group.npos) ours.attributes.push_back({"group", group});
}

}  // namespace rotunda::sdp
