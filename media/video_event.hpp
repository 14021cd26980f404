// What a video worker tells the signaling thread.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/picture.hpp"
#include "base/srtp_keys.hpp"
#include "base/srtp_received.hpp"
#include "media/load_governor.hpp"
#include "media/packets_captured.hpp"
#include "media/room_command.hpp"

namespace rotunda::media {

// The first picture of a leg was decoded.
struct VideoStarted {
    RoomId room;
    ParticipantId participant;
    PictureSize size;
};

// Its stream broke and the peer knows no RTCP feedback: he is to be asked by INFO (RFC 5168).
struct KeyframeNeeded {
    RoomId room;
    ParticipantId participant;
};

// For his picture's sake his voice is to be held back by so much from now on.
struct HoldVoice {
    RoomId room;
    ParticipantId participant;
    Duration hold{};
};

// The DTLS handshake of a video line ended; after a failure it is tried again a few times.
struct VideoHandshakeDone {
    RoomId room;
    ParticipantId participant;
    std::optional<SrtpSuite> suite;  // none: it failed
    const char* failure = "";        // why, in words that live for ever
};

// The room gives up a step for want of CPU time, or takes one back.
struct VideoLoadChanged {
    RoomId room;
    LoadGovernor::Step step;
    std::size_t depth = 0;  // 0: nothing is given up
};

// The quality line of a leg's video.
struct VideoQuality {
    std::uint64_t packets_received = 0;
    std::uint64_t packets_lost = 0;
    std::uint64_t packets_discarded = 0;  // malformed, not negotiated, from a stranger, too many
    std::uint64_t packets_sent = 0;
    std::uint64_t packets_repeated = 0;  // of those: asked for by NACK
    std::uint64_t pictures_shown = 0;    // decoded
    std::uint64_t pictures_dropped = 0;  // for want of a packet
    std::uint64_t keyframes_asked = 0;   // by us
    double remote_loss = 0.0;            // fraction of our packets the peer reported lost, 0 to 1
    std::optional<SrtpSuite> srtp;       // none: in the clear
};
struct VideoEnded {
    RoomId room;
    ParticipantId participant;
    VideoQuality quality;
    std::optional<SrtpReceived> received{};  // where another session under the same keys goes on
};

using VideoEvent = std::variant<VideoStarted, KeyframeNeeded, HoldVoice, VideoHandshakeDone, VideoLoadChanged,
                                PacketsCaptured, VideoEnded>;

}  // namespace rotunda::media
