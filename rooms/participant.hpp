// One caller, as the signaling thread knows him: his SIP session, his place in a room, his negotiated media.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/srtp_received.hpp"
#include "media/packet_ring.hpp"
#include "media/room_command.hpp"
#include "media/room_event.hpp"
#include "media/video_command.hpp"
#include "sdp/offer_answer.hpp"
#include "signaling/user_agent.hpp"

namespace rotunda::rooms {

// The video of a call, which may come and go while the sound stays.
struct ParticipantVideo {
    std::optional<media::MediaPorts> ports;  // ours until a worker gets them
    // On the sound's port (RFC 9143) instead: a way out of it, if it can be shared; the way in, while it is;
    // and what the media worker says of how to reach him there.
    std::shared_ptr<media::DatagramSender> sender;
    std::shared_ptr<media::PacketRing> ring;
    media::SharedPath path;
    media::VideoLeg leg;  // as the worker last heard of it
    // Of the session that ended last: on the sound's port the next one has the same keys.
    std::optional<SrtpReceived> received;
    bool joined = false;
    int ending = 0;  // how often the worker's last word on it is awaited
    // He is not to be offered it: he has or had it, refused it, or could not see it.
    bool settled = false;
    bool offer_due = false;  // our next offer brings it
    bool demanded = false;   // because an operator wants it, whatever the policy and whatever he said before
    int offers_crossed = 0;  // with one of his (491)
};

// Until his ACK the address in his SDP may be a victim's: no packets, reports or handshakes go there.
template <typename Leg>
void send_nothing(Leg& leg) {
    leg.sends = false;
    leg.remote_rtp.port = leg.remote_rtcp.port = 0;
}

struct Participant {
    explicit Participant(sdp::OfferAnswer negotiation) : media(std::move(negotiation)) {}

    media::ParticipantId id;
    sip::SessionId session;
    media::RoomId room;
    std::size_t worker = 0;

    sdp::OfferAnswer media;
    // Ours until the worker gets them with JoinRoom; with a delayed offer that is when the ACK brings the
    // answer.
    std::optional<media::MediaPorts> ports;
    sdp::LocalMedia local;  // what c= and m= say of those ports, for the whole call
    media::AudioLeg leg;    // as the worker last heard of it
    ParticipantVideo video;
    std::string cname;  // RTCP's, of sound and picture alike
    IpAddress signaling_source;
    // Of who has moved since by what could be forged: where he was before. None: as above.
    std::optional<IpAddress> shown_source;
    std::optional<IpAddress> heard_from;  // where his sound comes from, as last told
    media::LegControl control;            // the operator's word on him
    bool joined = false;
    // Over UDP from outside, and his ACK has not come: the address may be somebody else's, who is not to be
    // sent RTP.
    bool unproven = false;
    bool dialed_out = false;        // it is we who called
    std::string trunk;              // that stands between us; empty: none
    std::string dialled_for;        // on whose account (DialOrigin); empty: nobody's
    std::string dialled_by;         // the user who wanted him called; empty: no user did
    sip::Identity identity;         // what he has proved, or is trusted to be
    sip::Uri uri, contact;          // who he says he is, and where he is
    media::ParticipantId replaces;  // whose place he takes as soon as he is heard; none: nobody's
    bool being_replaced = false;    // somebody is in the room to take his place
    bool between_rooms = false;     // his leg is on its way from one worker to another
    bool moving = false;            // was asked to go elsewhere, and is expected to say how it goes
    std::optional<bool> talking;    // none: the worker has not told
    float level_dbov = 0;           // as last measured,
    TimePoint level_at{};           // then; never: the beginning of time

    // What his log lines carry.
    std::string call_id;
    std::string from;
    // Who he is by the word of a trusted trunk; shown in place of From.
    std::optional<sip::NameAddr> asserted;
    std::string room_name;
    TimePoint since;                    // his INVITE was taken in, or ours went
    std::optional<TimePoint> answered;  // by us, or by him; none: it rings, or rang in vain
    media::LegQuality reported;         // as last heard of, since the call began
    std::optional<double> mos;          // of the last whole minute
    // Set when the session is over and only the workers' last words are awaited.
    std::optional<sip::SessionEnded> ended;
    bool sound_ended = false;  // the media worker's has come
};

}  // namespace rotunda::rooms
