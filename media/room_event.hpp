// What a media worker tells the signaling thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "media/packets_captured.hpp"
#include "media/room_command.hpp"

namespace rotunda::media {

// The first valid RTP packet of a leg came in.
struct MediaStarted {
    RoomId room;
    ParticipantId participant;
    Endpoint source;
};

// It comes from another address now: he has moved, by a re-INVITE or by what the latch learnt.
struct SoundMoved {
    RoomId room;
    ParticipantId participant;
    Endpoint source;
};

// Neither RTP nor RTCP for RoomSettings::silence_timeout; said again after every further such time while the
// silence lasts. The focus asks with an in-dialog OPTIONS each time (interop rule 25).
struct MediaSilent {
    RoomId room;
    ParticipantId participant;
};

// One telephone-event (RFC 4733), said once however many end packets came.
struct DigitPressed {
    RoomId room;
    ParticipantId participant;
    char digit = '0';  // 0-9 * # A-D
    Duration length{};
};

// He speaks now, or has stopped: pauses between words do not count. RoomSettings::talking_interval.
struct TalkingChanged {
    RoomId room;
    ParticipantId participant;
    bool talking = false;
};

// The loudest of those who speak is another one now, or nobody speaks; at most five times a second
// (WatchSpeaker).
struct SpeakerChanged {
    RoomId room;
    ParticipantId participant;  // none: silence
};

// What MeasureLevels asked for.
struct LevelsMeasured {
    struct Level {
        ParticipantId participant;
        float dbov = 0;        // of the last fraction of a second; 0 is overload
        bool talking = false;  // he speaks now
    };
    RoomId room;
    std::vector<Level> levels;
};

// Whom the room listens to is another one now: slower than SpeakerChanged, so that no cough and no echo
// counts (mixer::ActiveSpeaker). RoomSettings::announce_speaker.
struct ActiveSpeakerChanged {
    RoomId room;
    ParticipantId participant;
};

// The quality line at the end of a call.
struct LegQuality {
    std::uint64_t packets_received = 0;
    std::uint64_t packets_lost = 0;
    std::uint64_t packets_discarded = 0;  // late, duplicate, malformed, from a stranger
    std::uint64_t packets_forged = 0;     // of those: not authentic under SRTP
    std::uint64_t packets_replayed = 0;   // of those: seen before by SRTP
    std::uint64_t packets_sent = 0;
    std::uint64_t frames_concealed = 0;
    Duration jitter{};              // RFC 3550 §6.4.1 at the end
    Duration mean_delay{};          // arrival to playout, mean over the call
    Duration round_trip{};          // from RTCP, 0 if never known
    std::optional<SrtpSuite> srtp;  // none: in the clear
    double remote_loss = 0.0;       // fraction of our packets the peer reported lost, 0 to 1
};
// Once a minute while the leg lives: the quality since its beginning.
struct LegReport {
    RoomId room;
    ParticipantId participant;
    LegQuality quality;
};
struct LegEnded {
    RoomId room;
    ParticipantId participant;
    LegQuality quality;
};

// What ReleaseLeg asked for; no LegEnded follows.
struct LegReleased {
    RoomId room;
    ParticipantId participant;
    std::shared_ptr<MediaSession> session;
    LegQuality quality;
};

// How long after its capture a voice would be heard if it waited for nothing, by its sender's clock: to be
// compared with the lag of his picture. About once a second where SyncVoice asks for it.
struct VoiceLag {
    RoomId room;
    ParticipantId participant;
    Duration lag{};
};

// A DTLS handshake ended; after a failure it is tried again a few times.
struct HandshakeDone {
    RoomId room;
    ParticipantId participant;
    std::optional<SrtpSuite> suite;  // none: it failed
    const char* failure = "";        // why, in words that live for ever
};

// How who shares a port of this leg reaches the peer (SharePort).
struct SharedPath {
    RoomId room;
    ParticipantId participant;
    std::optional<Endpoint> peer;  // none: not known yet, or he does not consent any more
    std::optional<SrtpKeys> keys;  // none: the handshake is not over yet
};

// What SplitRoom asked for is done.
struct RoomSplit {
    RoomId room;
};

using RoomEvent = std::variant<RoomSplit, SharedPath, MediaStarted, SoundMoved, MediaSilent, DigitPressed,
                               TalkingChanged, SpeakerChanged, ActiveSpeakerChanged, VoiceLag, HandshakeDone,
                               LegReport, LegEnded, LegReleased, LevelsMeasured, PacketsCaptured>;

}  // namespace rotunda::media
