// What the signaling thread tells a media worker. Values, and two things made to be shared between threads:
// ShardBoard and PacketRing. Of all else the sender keeps nothing once it is posted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/audio_codec.hpp"
#include "base/dtls_fingerprint.hpp"
#include "base/ice_credentials.hpp"
#include "base/net_address.hpp"
#include "base/srtp_keys.hpp"
#include "base/strong_id.hpp"
#include "base/time.hpp"
#include "media/chime.hpp"
#include "media/media_transport.hpp"

namespace rotunda::media {

using RoomId = StrongId<struct RoomTag>;
using ParticipantId = StrongId<struct ParticipantTag>;

class MediaSession;
class PacketRing;
class ShardBoard;

// The negotiated audio of one leg, as offer/answer settled it.
struct AudioLeg {
    struct Format {
        std::uint8_t payload_type = 0;
        AudioCodec codec = AudioCodec::pcmu;
        friend bool operator==(const Format&, const Format&) = default;
    };
    struct Event {  // telephone-event or CN: a payload type and its clock
        std::uint8_t payload_type = 0;
        int clock_hz = 8000;
        friend bool operator==(const Event&, const Event&) = default;
    };

    std::vector<Format> receive;  // what we accept, by our payload types
    std::vector<Event> telephone_events;
    std::vector<Event> comfort_noise;
    // The header extension in which the peer says how loud he is (RFC 6464), by its id; 0: none negotiated.
    std::uint8_t audio_level_extension = 0;
    AudioSettings send;  // what we produce
    std::uint8_t send_payload_type = 0;
    std::optional<std::uint8_t> send_event_type;  // telephone-event at the codec's clock; none: not agreed

    Endpoint remote_rtp;   // from the SDP; port 0 or a wildcard address: not known yet
    Endpoint remote_rtcp;  // a=rtcp (RFC 3605), else port + 1; unused with rtcp_mux
    // One of the two, or none: RTP in the clear. With dtls the keys come from a handshake on the RTP port.
    std::optional<SrtpKeys> srtp;
    std::optional<DtlsPeer> dtls;
    std::optional<IcePair> ice;  // the peer is where his connectivity checks say
    IpAddress signaling_source;  // the only other address that may latch (interop rule 15)

    // What is asked at every packet stands together, at the end.
    bool sends = true;     // we may send RTP (local direction sendrecv or sendonly)
    bool receives = true;  // the peer's RTP enters the mix (sendrecv or recvonly)
    bool on_hold = false;  // the peer holds: out of the mix, its silence time-out pauses
    bool rtcp_mux = false;
    bool only_named = false;  // nobody vouches for where it goes, see NamedAddress

    friend bool operator==(const AudioLeg&, const AudioLeg&) = default;
};

struct RoomSettings {
    int max_talkers = 8;                                  // N loudest in the mix
    Duration silence_timeout = std::chrono::seconds(60);  // neither RTP nor RTCP for so long: MediaSilent
    bool alone_prompt = true;
    Duration talking_interval{};         // TalkingChanged at most so often of anybody; 0: never
    bool announce_speaker = false;       // ActiveSpeakerChanged
    bool automatic_gain = false;         // quiet and loud talkers are brought to one loudness
    bool noise_suppression = false;      // of who is heard, where LegControl says nothing else
    int comfort_noise_minus_dbov = 127;  // heard while nobody speaks, 40 to 127 dB below overload; 127: none
    bool follow_talkers = true;          // the tick moves to where their packets wait less
};

// Of a room too large for one worker: where its shards meet, and which of them this is.
struct ShardPlace {
    std::shared_ptr<ShardBoard> board;  // null: the whole room is on one worker
    std::size_t index = 0;
};

// Sent before the room's first JoinRoom and after its last LeaveRoom, to each of its workers.
struct OpenRoom {
    RoomId room;
    RoomSettings settings;
    ShardPlace shard{};
};
// To the room's only worker: it is about to have more of them, and becomes the first of its shards. Answered
// with RoomSplit; only then the others may be opened.
struct SplitRoom {
    RoomId room;
    std::shared_ptr<ShardBoard> board;
};
struct CloseRoom {
    RoomId room;
};
// What is done to voices in a room that is open.
struct TreatVoices {
    RoomId room;
    bool automatic_gain = false;
    bool noise_suppression = false;
};
struct JoinRoom {
    RoomId room;
    ParticipantId participant;
    MediaPorts ports;
    AudioLeg audio;
    std::string cname;  // RTCP SDES (RFC 3550 §6.5.1)
};
// After a re-INVITE. An equal leg changes nothing: media is not restarted (interop rule 3).
struct UpdateLeg {
    RoomId room;
    ParticipantId participant;
    AudioLeg audio;
};
// What an operator or the room's policy says of one participant, whatever he negotiated.
struct LegControl {
    bool muted = false;                       // nobody hears him
    bool deafened = false;                    // he hears nobody
    float gain = 1.0f;                        // how loud the others hear him: 0 to 4
    std::optional<bool> noise_suppression{};  // none: as the room has it
    friend bool operator==(const LegControl&, const LegControl&) = default;
};
struct ControlLeg {
    RoomId room;
    ParticipantId participant;
    LegControl control;
};
// To everybody in the room, over what is said.
struct PlayChime {
    RoomId room;
    ChimeKind kind = ChimeKind::closing;
};
// The worker sends RTCP BYE, answers with LegEnded and drops the ports.
struct LeaveRoom {
    RoomId room;
    ParticipantId participant;
};
// He goes to another room, of this worker or another one, with his sockets, streams and keys: the worker
// answers with LegReleased, and who had it takes the leg to its new room with AdoptLeg. Nobody looks into the
// session on the way.
struct ReleaseLeg {
    RoomId room;
    ParticipantId participant;
};
struct AdoptLeg {
    RoomId room;
    ParticipantId participant;
    std::shared_ptr<MediaSession> session;
    LegControl control;
};
// Tells what he sends and is sent from now on, for so long and so many octets at most: PacketsCaptured, each
// second. Also a VideoCommand: each worker tells of its own stream.
struct CapturePackets {
    RoomId room;
    ParticipantId participant;
    Duration length{};
    std::size_t octets = 0;
};
// How loud everybody is just now: answered with LevelsMeasured.
struct MeasureLevels {
    RoomId room;
};
// Keys pressed towards him, as telephone-events (RFC 4733): 0-9 * # A-D, at most 64 of them at a time.
struct SendDigits {
    RoomId room;
    ParticipantId participant;
    std::string digits;
};

// From now on SpeakerChanged is told, or no longer: whoever shows pictures wants to know, and pays for it.
struct WatchSpeaker {
    RoomId room;
    bool watch = true;
};

// His picture is shown: VoiceLag is told from now on, or no longer, and his voice waits for the picture.
struct SyncVoice {
    RoomId room;
    ParticipantId participant;
    bool watch = false;
    Duration hold{};  // 0 to LipSync::most_audio_hold
};

// What comes to his port and is not sound's goes here from now on, unopened; or no longer. Answered with
// SharedPath now and whenever it changes.
struct SharePort {
    RoomId room;
    ParticipantId participant;
    std::shared_ptr<PacketRing> ring;  // null: no longer
};

using RoomCommand = std::variant<SharePort, OpenRoom, SplitRoom, CloseRoom, TreatVoices, JoinRoom, UpdateLeg,
                                 ControlLeg, PlayChime, WatchSpeaker, SyncVoice, LeaveRoom, ReleaseLeg,
                                 AdoptLeg, SendDigits, MeasureLevels, CapturePackets>;

}  // namespace rotunda::media
