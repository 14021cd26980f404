#include "tests/sim/video_conference.hpp"

#include <algorithm>

namespace rotunda::sim {

VideoConference::VideoConference(media::VideoRoomSettings settings) : settings_(settings) {}

std::size_t VideoConference::index_of(const VideoPhone& phone) const {
    const auto at =
        std::find_if(phones_.begin(), phones_.end(), [&](const auto& p) { return p.get() == &phone; });
    return static_cast<std::size_t>(at - phones_.begin());
}

Endpoint VideoConference::server_address(const VideoPhone& phone) const {
    return {*IpAddress::parse("192.0.2.1"), static_cast<std::uint16_t>(20000 + 2 * index_of(phone))};
}

VideoPhone& VideoConference::join(VideoPhoneOptions options) {
    return join(std::move(options), "Phone " + std::to_string(phones_.size() + 1));
}

VideoPhone& VideoConference::join(VideoPhoneOptions options, const std::string& name) {
    const Endpoint address{*IpAddress::parse("192.0.2.100"),
                           static_cast<std::uint16_t>(4000 + 2 * phones_.size())};
    phones_.push_back(std::make_unique<VideoPhone>(network, address, std::move(options), phones_.size() + 3));
    VideoPhone& phone = *phones_.back();
    const Endpoint rtp = server_address(phone);
    const Endpoint rtcp{rtp.address, static_cast<std::uint16_t>(rtp.port + 1)};
    media::JoinVideo join;
    join.room = room;
    join.participant = id_of(phone);
    join.settings = settings_;
    join.ports.rtp = std::make_unique<VirtualSocket>(network, rtp);
    join.ports.rtcp = std::make_unique<VirtualSocket>(network, rtcp);
    join.ports.rtp_port = rtp.port;
    join.video = phone.leg();
    join.cname = "room";
    people_.push_back({id_of(phone), name});
    handle(std::move(join));
    tell_people();
    phone.call(rtp);
    return phone;
}

void VideoConference::tell_people() {
    handle(media::SetPeople{room, people_});
}

void VideoConference::update(const VideoPhone& phone, const media::VideoLeg& leg) {
    handle(media::UpdateVideo{room, id_of(phone), leg});
}

void VideoConference::leave(const VideoPhone& phone) {
    handle(media::LeaveVideo{room, id_of(phone)});
    std::erase_if(people_, [&](const auto& p) { return p.participant == id_of(phone); });
    tell_people();
}

void VideoConference::mute(const VideoPhone& phone, bool muted) {
    for (media::VideoPerson& person : people_)
        if (person.participant == id_of(phone)) person.muted = muted;
    tell_people();
}

void VideoConference::add_listener(const std::string& name) {
    people_.push_back({media::ParticipantId{1000 + people_.size()}, name});
    tell_people();
}

void VideoConference::run(Duration d) {
    const TimePoint end = network.now + d;
    while (network.now < end) {
        while (engine.next_timeout() && *engine.next_timeout() <= network.now) {
            engine.run_due(network.now);
            engine.turn_ended(network.now + turn_takes);
        }
        for (auto& event : engine.take_events()) events_.push_back(std::move(event));
        for (const auto& phone : phones_) phone->step();
        network.now += std::chrono::milliseconds(1);
    }
}

}  // namespace rotunda::sim
