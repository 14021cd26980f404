// Which payload formats two sides share, and what the peer's parameters ask us to send. Used by OfferAnswer.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sdp/offer_answer.hpp"

namespace rotunda::sdp {

// The formats of one audio m-line that mean something to us.
struct AudioFormats {
    std::vector<PayloadFormat> codecs;
    std::vector<ClockedFormat> telephone_events;
    std::vector<ClockedFormat> comfort_noise;
};

// nullopt: none of our codecs.
std::optional<AudioCodec> codec_of(const RtpMap& map);

// What the peer's m-line and we have in common: its payload types, in its order, each codec once.
// telephone-event at the clock of the first codec comes first, since one clock for both needs no guessing
// (RFC 4733 §2.1); CN only at the clock of a codec in use (RFC 3389 §4).
AudioFormats common_formats(const Media& peer, const Capabilities& capabilities);

// All we can do, for an offer of ours. Payload types that already have a meaning in this session keep it, new
// ones are added to `payload_types`. The codecs of `current` come first, in its order: a peer that only
// refreshes the session should not find another codec on top.
AudioFormats own_formats(const Capabilities& capabilities, const NegotiatedMedia* current,
                         std::vector<RtpMap>& payload_types);

// The answer to `offered`, our m-line. A peer may name a codec by another payload type than we did (RFC 3264
// §6.1 only says it should not): such a type is what we send; we expect our own but take both.
AudioFormats answered_formats(const Media& offered, const Media& answer, const Capabilities& capabilities);

// The first codec of the peer's m-line among `agreed`, by the peer's payload type: what we send.
std::optional<PayloadFormat> send_format(const Media& peer, const AudioFormats& agreed,
                                         const Capabilities& capabilities);

// The peer's payload type for telephone-event at this clock; nullopt: none.
std::optional<std::uint8_t> send_event_type(const Media& peer, int clock_hz,
                                            const Capabilities& capabilities);

// What to send in a format of the peer's m-line: its ptime, maxptime and fmtp within our own bounds.
AudioSettings send_settings(const SessionDescription& session, const Media& peer, const PayloadFormat& format,
                            const Capabilities& capabilities);

// a=ptime, or the ptime some put into a=fmtp; nullopt: the peer asks for nothing.
std::optional<int> ptime_asked(const SessionDescription& session, const Media& peer,
                               std::uint8_t payload_type);

}  // namespace rotunda::sdp
