// What the signaling thread tells a video worker. Values only: once posted, the sender keeps nothing of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/dtls_fingerprint.hpp"
#include "base/ice_credentials.hpp"
#include "base/net_address.hpp"
#include "base/picture.hpp"
#include "base/srtp_keys.hpp"
#include "base/srtp_received.hpp"
#include "base/video_codec.hpp"
#include "media/picture_class.hpp"
#include "media/room_command.hpp"
#include "media/video_receiver.hpp"
#include "mixer/layout.hpp"
#include "mixer/scaler.hpp"
#include "mixer/seat_label.hpp"
#include "rtp/video_packetizer.hpp"

namespace rotunda::media {

// The negotiated video of one leg, as offer/answer settled it.
struct VideoLeg {
    std::vector<VideoReceiver::Format> receive;  // what we accept, by our payload types
    // What we send, and within which bounds.
    VideoCodec codec = VideoCodec::h264;
    H264Profile profile = H264Profile::constrained_baseline;
    rtp::PacketizationMode mode = rtp::PacketizationMode::non_interleaved;
    std::uint8_t payload_type = 0;
    PictureBounds bounds;
    VideoReceiver::Feedback feedback;  // what the peer understands
    bool retransmits = false;          // he asks for lost packets again (generic NACK)

    bool sends = true;     // we may send (local direction sendrecv or sendonly)
    bool receives = true;  // the peer's picture may be shown
    bool on_hold = false;  // the peer holds: nothing is sent, his seat says so

    Endpoint remote_rtp;   // from the SDP; port 0 or a wildcard address: not known yet
    Endpoint remote_rtcp;  // a=rtcp (RFC 3605), else port + 1; unused with rtcp_mux
    bool rtcp_mux = false;
    // What protects it: keys, or a handshake for them, or neither: in the clear.
    std::optional<SrtpKeys> srtp;
    std::optional<DtlsPeer> dtls;
    std::optional<IcePair> ice;  // the peer is where his checks come from, whatever remote_rtp says
    // On a shared port the checks come to the sound's side: with it, the peer still wants anything from us
    // (RFC 7675 §5.1).
    bool consents = true;
    IpAddress signaling_source;  // the only other address that may latch (interop rule 15)
    bool only_named = false;     // nobody vouches for where it goes, see NamedAddress

    friend bool operator==(const VideoLeg&, const VideoLeg&) = default;
};

// personal: nobody is shown himself. shared: one picture of everyone for all. automatic: personal up to
// VideoRoomSettings::most_personal legs, shared above and while the machine is short of time.
enum class VideoViewMode : std::uint8_t { automatic, shared, personal };

struct VideoRoomSettings {
    VideoViewMode view = VideoViewMode::automatic;
    std::size_t most_personal = 4;
    mixer::LayoutKind layout = mixer::LayoutKind::grid;
    mixer::Fit fit = mixer::Fit::letterbox;
    int height = 720;            // of the largest picture, 90 to 1080
    int frames_per_second = 25;  // 1 to 30
    Yuv background;
    bool labels = true;             // names and marks in the seats
    mixer::LabelStyle colours{};    // of names, marks and monograms
    bool shows_audio_only = false;  // who has no video has a seat too, with his monogram

    friend bool operator==(const VideoRoomSettings&, const VideoRoomSettings&) = default;
};

// One who is in the room, with video or without.
struct VideoPerson {
    ParticipantId participant;
    std::string name;  // untrusted UTF-8
    bool on_hold = false;
    bool muted = false;  // by an operator

    friend bool operator==(const VideoPerson&, const VideoPerson&) = default;
};

// The first one opens the room's video, the last LeaveVideo closes it.
struct JoinVideo {
    RoomId room;
    ParticipantId participant;
    VideoRoomSettings settings;  // of the room; the first one's count
    MediaPorts ports;
    VideoLeg video;
    std::string cname;                            // RTCP SDES; the same as the audio's
    std::optional<mixer::LayoutKind> own_layout;  // none: the room's
    std::optional<SrtpReceived> earlier;          // of a video session of his that has ended
};
// An equal leg changes nothing.
struct UpdateVideo {
    RoomId room;
    ParticipantId participant;
    VideoLeg video;
};
// The worker sends RTCP BYE, answers with VideoEnded and drops the ports.
struct LeaveVideo {
    RoomId room;
    ParticipantId participant;
};
// Everyone in the room, in order of arrival.
struct SetPeople {
    RoomId room;
    std::vector<VideoPerson> people;
};
// Who is the loudest of those who speak; none: silence.
struct SetSpeaker {
    RoomId room;
    ParticipantId participant;
};
// How far the voice of one who films is behind its capture (media::VoiceLag).
struct SetVoiceLag {
    RoomId room;
    ParticipantId participant;
    Duration lag{};
};
// The peer asked by INFO (RFC 5168).
struct RequestKeyframe {
    RoomId room;
    ParticipantId participant;
};
// The room's layout, or with `participant` his own.
struct SetLayout {
    RoomId room;
    ParticipantId participant;
    mixer::LayoutKind layout = mixer::LayoutKind::grid;
};

using VideoCommand = std::variant<JoinVideo, UpdateVideo, LeaveVideo, SetPeople, SetSpeaker, SetVoiceLag,
                                  RequestKeyframe, SetLayout, CapturePackets>;

}  // namespace rotunda::media
