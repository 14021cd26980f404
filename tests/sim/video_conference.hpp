// A video engine with simulated video phones, run in virtual time.
#pragma once

#include <memory>
#include <vector>

#include "media/video_engine.hpp"
#include "tests/sim/video_phone.hpp"

namespace rotunda::sim {

class VideoConference {
  public:
    explicit VideoConference(media::VideoRoomSettings settings = {});

    VideoPhone& join(VideoPhoneOptions options);
    VideoPhone& join(VideoPhoneOptions options, const std::string& name);
    void update(const VideoPhone& phone, const media::VideoLeg& leg);
    void leave(const VideoPhone& phone);
    void mute(const VideoPhone& phone, bool muted);
    // Somebody without video, told of as the others are.
    void add_listener(const std::string& name);
    void set_speaker(const VideoPhone& phone) { handle(media::SetSpeaker{room, id_of(phone)}); }
    void handle(media::VideoCommand command) { engine.handle(std::move(command), network.now); }

    // The way from the phone to the server.
    void impair(const VideoPhone& phone, const LinkFaults& faults) {
        network.impair(phone.address(), server_address(phone), faults);
    }
    void run(Duration d);

    media::ParticipantId id_of(const VideoPhone& phone) const { return {index_of(phone) + 1}; }
    Endpoint server_address(const VideoPhone& phone) const;
    template <typename Event>
    std::vector<Event> events() const {
        std::vector<Event> out;
        for (const auto& event : events_)
            if (const auto* e = std::get_if<Event>(&event)) out.push_back(*e);
        return out;
    }

    VirtualNetwork network{7};
    SeededRandom random{11};
    media::InlineJobs jobs;
    media::VideoEngine engine{random, WallOffset{}, jobs};
    static constexpr media::RoomId room{1};
    // How long each turn takes, as seen by the room.
    Duration turn_takes{};

  private:
    std::size_t index_of(const VideoPhone& phone) const;
    void tell_people();

    media::VideoRoomSettings settings_;
    std::vector<std::unique_ptr<VideoPhone>> phones_;
    std::vector<media::VideoPerson> people_;
    std::vector<media::VideoEvent> events_;
};

}  // namespace rotunda::sim
