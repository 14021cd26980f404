// One m-line read and written: usability, direction, addresses. Used by OfferAnswer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sdp/media_security.hpp"
#include "sdp/offer_answer.hpp"
#include "sdp/offer_answer_formats.hpp"

namespace rotunda::sdp {

MediaKind kind_of(const Media& media);
// Empty if there is none.
std::string mid_of(const Media& media);

// Why an open m-line of the peer cannot be our audio; nullopt: it can.
std::optional<Refusal> audio_problem(const SessionDescription& session, const Media& media,
                                     const Capabilities& capabilities);
// Direction, hold, addresses and multiplexing of an accepted line, as the peer's m-line gives them and `ours`
// (the direction we wish) allows. `send_payload_type` and `rtcp_mux` must be set before.
void read_peer(const SessionDescription& session, const Media& peer, Direction ours, NegotiatedMedia& out);

// RFC 5761 §4: no payload type of ours looks like an RTCP packet type.
bool may_multiplex(const AudioFormats& formats, const Capabilities& capabilities);

// What our audio m-line says besides its formats.
struct AudioLine {
    std::string proto;
    std::uint16_t port = 0;
    std::optional<int> ptime_ms;
    std::optional<Direction> direction;  // none in a capability description
    bool rtcp_mux = false;
    std::string mid;
    std::uint8_t audio_level_extension = 0;  // that we want to receive (RFC 6464); 0: none
    LineSecurity security;
};
Media make_audio_line(const AudioLine& line, const AudioFormats& formats, const Capabilities& capabilities);

// Port 0, everything else as offered (RFC 3264 §6, interop rule 7).
Media make_refused_line(const Media& offered);

}  // namespace rotunda::sdp
