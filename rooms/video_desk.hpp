// Who in which room has video: reserves its ports, joins and updates it on the video workers, and tells them
// who is in the room and who speaks. Signaling thread; part of the focus, which knows the calls.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "base/timer_queue.hpp"
#include "media/media_transport.hpp"
#include "media/room_command.hpp"
#include "media/video_command.hpp"
#include "media/video_event.hpp"
#include "rooms/participant.hpp"
#include "rooms/room_registry.hpp"
#include "rooms/video_offer.hpp"

namespace rotunda::rooms {

struct VideoPolicy {
    bool enabled = false;
    // Calls we make offer it. Who is called without may still add it.
    bool dial_out = false;
    VideoOffer offer = VideoOffer::never;  // who calls us without
    std::size_t workers = 1;               // video workers
    media::VideoRoomSettings room;
};

// A command and the video worker it is for, from 0.
struct VideoWorkerCommand {
    std::size_t worker = 0;
    media::VideoCommand command;
};

class VideoDesk {
  public:
    // All but the policy outlive the desk. `local_net`: see is_only_named().
    VideoDesk(VideoPolicy policy, media::MediaPortPool& ports, const RoomRegistry& rooms,
              const std::optional<std::vector<IpPrefix>>& local_net);

    // While the sound's ports are still here and he may be one for BUNDLE: `browser` says so of who has not
    // offered anything yet.
    void allow_bundle(Participant& who, const std::optional<sdp::SessionDescription>& offer, bool browser);
    // Before an answer or an offer of ours is written: has ports ready where it may bring video. `offer`:
    // none if the offer is ours. Without ports he stays without video; nothing fails.
    void prepare(Participant& who, const std::optional<sdp::SessionDescription>& offer,
                 const IpAddress& peer);
    bool offers_when_dialling() const { return policy_.enabled && policy_.dial_out; }
    // After each agreement, and when one failed: video begins, changes, ends, or stays as it is.
    void apply(Participant& who);

    // --- video on the sound's port (video_desk_bundle.cpp)
    void set_path(Participant& who, media::SharedPath path);
    // The last word of a video session of his; another may have waited for it.
    void ended(Participant& who, const media::VideoEnded& event);
    // The media worker of his new room has his sound now.
    void arrived(const Participant& who);

    // He is in another room now: new ports, which are to be offered to him. False: he goes on without video.
    bool renew(Participant& who);

    // --- offered by us in mid-call, by policy (video_desk_offers.cpp)
    // His call, or what his room shows, is new: he may become due.
    void consider_offer(Participant& who, TimePoint now);
    // Whose turn it is, if it still fits: each once.
    std::optional<media::ParticipantId> next_offer(TimePoint now) { return offers_.pop_due(now); }
    std::optional<TimePoint> next_timeout() const { return offers_.next(); }
    // True: our next offer brings video, and its ports are ready.
    bool open_for_offer(Participant& who);
    // --- by an operator's word
    // From now on he has no video, offered by himself neither. True: our next offer is to say so.
    bool close(Participant& who);
    // He may have it again. True: our next offer is to bring it.
    bool demand(Participant& who);

    // An offer of ours came to nothing, whatever it was about; before apply().
    void offer_failed(Participant& who, int status);

    // --- what is shown (for operators)
    struct Shown {
        mixer::LayoutKind layout = mixer::LayoutKind::grid;
        media::ParticipantId spotlight;  // none: whoever speaks
    };
    Shown shown(media::RoomId room) const;
    // None: as everybody in his room.
    std::optional<mixer::LayoutKind> own_layout(const Participant& who) const;
    // Until the room closes, or he leaves it.
    void set_layout(media::RoomId room, mixer::LayoutKind layout);
    void set_own_layout(const Participant& who, mixer::LayoutKind layout);
    // Who has the large seat, whoever speaks; none: again whoever speaks. Seats that are all alike stay so.
    void set_spotlight(media::RoomId room, media::ParticipantId who);

    // He is in the room, or something others see of him changed.
    void show(const Participant& who, std::string name);
    void left(Participant& who);
    void closed(media::RoomId room);
    void set_speaker(const media::SpeakerChanged& event);
    // The room's media workers tell who speaks: each, also one it comes to later.
    bool watches_speaker(media::RoomId room) const;
    // Lip sync, from one side to the other.
    void set_voice_lag(const media::VoiceLag& event);
    void hold_voice(const Participant& who, Duration hold);
    // He asked for a keyframe by INFO.
    void request_keyframe(const Participant& who);

    // His picture, if he has one now: see Focus::capture().
    void capture(const Participant& who, Duration length, std::size_t octets);

    // Since the last call.
    std::vector<VideoWorkerCommand> take_commands();
    // Those for the media workers: what of the sound is of interest here.
    struct SoundCommand {
        std::size_t worker = 0;
        media::RoomCommand command;
    };
    std::vector<SoundCommand> take_sound_commands();

    std::size_t legs() const { return legs_; }

    // Those in this room may be offered video at all.
    bool offers_in(std::string_view room) const {
        return policy_.enabled && offer_policy(room) != VideoOffer::never;
    }

  private:
    struct Person {
        media::VideoPerson shown;
        bool has_video = false;
        std::optional<mixer::LayoutKind> own_layout{};
    };
    struct Room {
        std::vector<Person> people;  // in order of arrival
        std::size_t legs = 0;        // with video
        bool changed = false;        // and to be told
        std::optional<mixer::LayoutKind> layout{};
        media::ParticipantId spotlight{};
        media::ParticipantId speaker{};
    };

    bool reserve(Participant& who, const IpAddress& peer);
    VideoOffer offer_policy(std::string_view room) const;
    bool may_offer(const Participant& who) const;
    void join(Participant& who, media::VideoLeg leg);
    void join_or_update(Participant& who, media::VideoLeg leg);
    void apply_bundled(Participant& who, const sdp::NegotiatedMedia& agreed);
    void unshare(Participant& who);
    media::MediaPorts take_ports(Participant& who) const;
    media::VideoRoomSettings settings_of(std::string_view name, const Room& room) const;
    void leave(Participant& who);
    void watch_speaker(media::RoomId room, bool watch);
    void note(const Participant& who, bool has_video);
    Person* find(Room& room, media::ParticipantId who) const;
    void command(media::RoomId room, media::VideoCommand command);
    void tell_speaker(media::RoomId id, const Room& room);
    void tell_people(media::RoomId id, Room& room);

    VideoPolicy policy_;
    media::MediaPortPool& ports_;
    const RoomRegistry& registry_;
    const std::optional<std::vector<IpPrefix>>& local_net_;
    std::unordered_map<media::RoomId, Room> rooms_;
    std::vector<VideoWorkerCommand> commands_;
    std::vector<SoundCommand> sound_commands_;
    std::vector<media::RoomId> changed_;
    TimerQueue<media::ParticipantId> offers_;
    TimePoint last_offer_{};
    std::size_t legs_ = 0;
};

}  // namespace rotunda::rooms
