#include "sdp/media_security.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sdp/bundle.hpp"
#include "sdp/dtls.hpp"
#include "sdp/ice.hpp"
#include "sdp/offer_answer_lines.hpp"

namespace rotunda::sdp {
namespace {

// In the order of the offer's list, so that its tagged line stays the tagged one as long as we take it.
std::vector<std::string> sharing_a_transport(const SessionDescription& ours,
                                             const SessionDescription* offered) {
    const auto audio = std::find_if(ours.media.begin(), ours.media.end(), [](const Media& m) {
        return m.port != 0 && kind_of(m) == MediaKind::audio && find(m.attributes, "ice-ufrag");
    });
    if (audio == ours.media.end()) return {};
    std::vector<std::string> sharing;
    for (const Media& line : ours.media)
        if ((line.port == audio->port || is_bundle_only(line)) && !mid_of(line).empty())
            sharing.push_back(mid_of(line));
    if (!offered) return sharing;
    std::vector<std::string> theirs = bundle_of(*offered, *audio);
    std::erase_if(theirs, [&](const std::string& mid) {
        return std::find(sharing.begin(), sharing.end(), mid) == sharing.end();
    });
    return theirs;
}

bool is_known(const Endpoint& remote) {
    return remote.port != 0 && !remote.address.is_wildcard();
}

// RFC 8842 §3.1: another tls-id means another association. Who has none means one by another transport
// (RFC 5763 §6.6); with ICE the transport may change while the association stays.
bool begins_anew(const NegotiatedMedia& standing, const NegotiatedMedia& now) {
    if (!now.tls_id.theirs.empty() && !standing.tls_id.theirs.empty())
        return now.tls_id.theirs != standing.tls_id.theirs;
    return !now.ice && !standing.ice && is_known(now.remote_rtp) && is_known(standing.remote_rtp) &&
           now.remote_rtp != standing.remote_rtp;
}

// What the peer says of the handshake, and whether the one that was done is still meant.
void agree_on_handshake(const SessionDescription& session, const Media& theirs,
                        const NegotiatedMedia* standing, NegotiatedMedia& out) {
    out.tls_id.theirs = tls_id_of(theirs);
    const auto before = standing ? standing->dtls : std::nullopt;
    const bool anew = before && begins_anew(*standing, out);
    out.dtls = dtls_peer(session, theirs, anew ? std::nullopt : before);
    if (out.dtls && before) out.dtls->association = before->association + (anew ? 1 : 0);
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
        if (!security.tls_id.empty()) line.attributes.push_back({"tls-id", security.tls_id});
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
    if (protection == Protection::dtls) {
        agree_on_handshake(offer, offered, standing, out);
        line.fingerprint = capabilities.dtls;
        line.setup = out.dtls->we_begin ? "active" : "passive";
        // RFC 8842 §5.3: said to who says one, and another with each association. Ours stays with the
        // association where somebody on the way strips theirs: our next offer must not seem to end it.
        const bool stays = standing && out.dtls == standing->dtls && !standing->tls_id.ours.empty();
        const bool told = !out.tls_id.theirs.empty();
        if (stays) out.tls_id.ours = standing->tls_id.ours;
        if (told && !stays) out.tls_id.ours = make_tls_id(random);
        if (told) line.tls_id = out.tls_id.ours;
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
        line.tls_id =
            standing && !standing->tls_id.ours.empty() ? standing->tls_id.ours : make_tls_id(random);
    } else if (may_use_sdes(capabilities)) {
        line.cryptos =
            offer_crypto(standing ? standing->srtp : std::nullopt, capabilities.secure_signaling, random);
    }
    if (standing ? standing->ice.has_value() : capabilities.ice && capabilities.browser) {
        line.ice = standing ? standing->ice->ours : make_ice_credentials(random);
        line.candidate = candidate;
    }
    return line;
}

bool read_security(const SessionDescription& answer, const Media& ours, const Media& theirs,
                   const NegotiatedMedia* standing, NegotiatedMedia& out) {
    const auto mine = ice_credentials_of({}, ours), his = ice_credentials_of(answer, theirs);
    if (mine && his && out.rtcp_mux) out.ice = IcePair{*mine, *his};
    if (find(ours.attributes, "fingerprint")) {
        out.tls_id.ours = tls_id_of(ours);
        agree_on_handshake(answer, theirs, standing, out);
    } else {
        out.srtp = answered_crypto(cryptos_of(ours), cryptos_of(theirs));
    }
    return out.srtp || out.dtls || is_plain_rtp(ours);
}

void add_session_security(SessionDescription& ours, const SessionDescription* offered) {
    const bool ice = std::any_of(ours.media.begin(), ours.media.end(),
                                 [](const Media& m) { return find(m.attributes, "ice-ufrag"); });
    if (!ice) return;
    ours.attributes.push_back({"ice-lite", {}});
    const std::vector<std::string> bundle = sharing_a_transport(ours, offered);
    if (bundle.empty()) return;
    std::string group = "BUNDLE";
    for (const std::string& mid : bundle) group += ' ' + mid;
    ours.attributes.push_back({"group", group});
    leave_to_tagged(ours, bundle);
}

// A payload type must tell whose packet it is (RFC 9143 §9.1) and that it is no RTCP (RFC 5761 §4); and we
// share only what browsers share: ICE, DTLS-SRTP and rtcp-mux.
bool may_share_transport(const SessionDescription& session, const Media& audio, const Media& other,
                         const Capabilities& capabilities) {
    const std::vector<std::string>& theirs = other.formats;
    const auto in_both = [&](const std::string& format) {
        return std::find(theirs.begin(), theirs.end(), format) != theirs.end();
    };
    const auto like_rtcp = [](const std::string& format) {
        return format.size() == 2 && format >= "64" && format <= "95";
    };
    // Either may be the tagged one, whose transport counts.
    const auto may_lead = [&](const Media& line) {
        return ice_credentials_of(session, line) && find(line.attributes, "rtcp-mux") &&
               protection_of(session, line, capabilities) == Protection::dtls;
    };
    return capabilities.ice && capabilities.rtcp_mux && share_a_bundle(session, audio, other) &&
           iequals(audio.proto, other.proto) && !find(session.attributes, "ice-lite") && may_lead(audio) &&
           may_lead(other) && std::none_of(audio.formats.begin(), audio.formats.end(), in_both) &&
           std::none_of(audio.formats.begin(), audio.formats.end(), like_rtcp) &&
           std::none_of(theirs.begin(), theirs.end(), like_rtcp);
}

}  // namespace rotunda::sdp
