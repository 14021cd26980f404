#include "rooms/video_desk.hpp"

#include <algorithm>
#include <utility>

#include "rooms/only_named.hpp"
#include "rooms/video_leg.hpp"

namespace rotunda::rooms {

VideoDesk::VideoDesk(VideoPolicy policy, media::MediaPortPool& ports, const RoomRegistry& rooms,
                     const std::optional<std::vector<IpPrefix>>& local_net)
    : policy_(std::move(policy)), ports_(ports), registry_(rooms), local_net_(local_net) {}

// --- a call's video

void VideoDesk::prepare(Participant& who, const std::optional<sdp::SessionDescription>& offer,
                        const IpAddress& peer) {
    if (!policy_.enabled || !who.local.video || who.local.video_port != 0) return;
    // In a call that stands without video we do not bring it up; in a new one whose offer is ours we do.
    const bool may_come = offer ? has_open_video(*offer) : !who.joined;
    const bool bundled = offer && who.local.bundle && who.media.would_bundle(*offer);
    if (may_come && !bundled) reserve(who, peer);
}

bool VideoDesk::reserve(Participant& who, const IpAddress& peer) {
    // The picture goes where the sound goes: a dual-stack phone may signal over the other family.
    const sdp::NegotiatedMedia* const sound = who.media.audio();
    const bool apart = sound && peer.family() != who.local.address.family();
    auto ports = ports_.reserve(apart ? sound->remote_rtp.address : peer, media::MediaTraffic::video);
    if (!ports || ports->advertised != who.local.address) return false;
    who.local.video_port = ports->rtp_port;
    who.video.ports = std::move(*ports);
    return true;
}

void VideoDesk::apply(Participant& who) {
    // His video is not allowed and no offer of ours is open: even if his phone keeps the line, it counts as
    // closed.
    const bool barred = !who.local.video && !who.media.offer_pending();
    const sdp::NegotiatedMedia* const agreed = barred ? nullptr : who.media.video();
    // A line of video, open or closed: it has been spoken of.
    who.video.settled |= std::any_of(who.media.media().begin(), who.media.media().end(),
                                     [](const auto& line) { return line.kind == sdp::MediaKind::video; });
    who.video.demanded &= who.video.offer_due || who.media.offer_pending();
    if (agreed && agreed->bundled) return apply_bundled(who, *agreed);
    if (who.video.ring) unshare(who);
    if (agreed && (who.video.joined || who.video.ports)) {
        media::VideoLeg leg = make_video_leg(*agreed, who.signaling_source, who.leg.on_hold);
        if (who.unproven) send_nothing(leg);
        leg.only_named = is_only_named(who, leg, local_net_);
        return join_or_update(who, std::move(leg));
    }
    if (who.media.offer_pending()) return;
    if (who.video.joined) leave(who);
    who.video.ports.reset();
    who.local.video_port = 0;
}

void VideoDesk::join_or_update(Participant& who, media::VideoLeg leg) {
    if (!who.video.joined) return join(who, std::move(leg));
    if (leg == who.video.leg) return;  // a change of the sound alone leaves the picture alone
    who.video.leg = leg;
    command(who.room, media::UpdateVideo{who.room, who.id, std::move(leg)});
}

void VideoDesk::join(Participant& who, media::VideoLeg leg) {
    Room& room = rooms_[who.room];
    media::JoinVideo join;
    join.room = who.room;
    join.participant = who.id;
    join.settings = settings_of(who.room_name, room);
    if (const Person* const person = find(room, who.id)) join.own_layout = person->own_layout;
    join.ports = take_ports(who);
    join.video = leg;
    join.cname = who.cname;
    join.earlier = who.video.received;
    who.video.joined = true;
    who.video.leg = std::move(leg);
    if (room.legs++ == 0) watch_speaker(who.room, true);
    sound_commands_.push_back({who.worker, media::SyncVoice{who.room, who.id, true, {}}});
    ++legs_;
    command(who.room, std::move(join));
    if (room.spotlight) tell_speaker(who.room, room);
    note(who, true);
}

media::VideoRoomSettings VideoDesk::settings_of(std::string_view name, const Room& room) const {
    media::VideoRoomSettings settings = policy_.room;
    const RoomVideo own = registry_.video(name);
    settings.view = own.view.value_or(settings.view);
    settings.layout = room.layout ? *room.layout : own.layout.value_or(settings.layout);
    return settings;
}

void VideoDesk::leave(Participant& who) {
    Room& room = rooms_[who.room];
    who.video.joined = false;
    ++who.video.ending;
    if (--room.legs == 0) watch_speaker(who.room, false);
    sound_commands_.push_back({who.worker, media::SyncVoice{who.room, who.id, false, {}}});
    --legs_;
    command(who.room, media::LeaveVideo{who.room, who.id});
    note(who, false);
}

void VideoDesk::watch_speaker(media::RoomId id, bool watch) {
    const rooms::Room* const open = registry_.find(id);
    if (!open) return;
    for (const rooms::Room::Shard& shard : open->shards)
        sound_commands_.push_back({shard.worker, media::WatchSpeaker{id, watch}});
}

bool VideoDesk::watches_speaker(media::RoomId id) const {
    const auto at = rooms_.find(id);
    return at != rooms_.end() && at->second.legs > 0;
}

void VideoDesk::request_keyframe(const Participant& who) {
    if (who.video.joined) command(who.room, media::RequestKeyframe{who.room, who.id});
}

// --- who is in the room

VideoDesk::Person* VideoDesk::find(Room& room, media::ParticipantId who) const {
    const auto at = std::find_if(room.people.begin(), room.people.end(),
                                 [&](const Person& p) { return p.shown.participant == who; });
    return at == room.people.end() ? nullptr : &*at;
}

void VideoDesk::note(const Participant& who, bool has_video) {
    Room& room = rooms_[who.room];
    if (Person* const person = find(room, who.id)) person->has_video = has_video;
    if (!std::exchange(room.changed, true)) changed_.push_back(who.room);
}

void VideoDesk::show(const Participant& who, std::string name) {
    if (!policy_.enabled) return;
    Room& room = rooms_[who.room];
    const media::VideoPerson now{who.id, std::move(name), who.leg.on_hold, who.control.muted};
    Person* const person = find(room, who.id);
    if (person && person->shown == now) return;
    if (person)
        person->shown = now;
    else
        room.people.push_back({now, who.video.joined});
    if (room.legs > 0 && !std::exchange(room.changed, true)) changed_.push_back(who.room);
}

void VideoDesk::left(Participant& who) {
    if (!policy_.enabled) return;
    offers_.erase(who.id);
    who.video.offer_due = false;
    if (who.video.ring) unshare(who);
    if (who.video.joined) leave(who);
    const auto at = rooms_.find(who.room);
    if (at == rooms_.end()) return;
    std::erase_if(at->second.people, [&](const Person& p) { return p.shown.participant == who.id; });
    if (at->second.spotlight == who.id) set_spotlight(who.room, {});
    if (at->second.legs > 0 && !std::exchange(at->second.changed, true)) changed_.push_back(who.room);
}

void VideoDesk::set_speaker(const media::SpeakerChanged& event) {
    const auto at = rooms_.find(event.room);
    if (at == rooms_.end() || at->second.legs == 0) return;
    at->second.speaker = event.participant;
    if (!at->second.spotlight) tell_speaker(event.room, at->second);
}

// --- what is shown

bool VideoDesk::renew(Participant& who) {
    who.local.video_port = 0;
    return reserve(who, who.signaling_source);
}

VideoDesk::Shown VideoDesk::shown(media::RoomId room) const {
    const auto at = rooms_.find(room);
    const rooms::Room* const open = registry_.find(room);
    const Room nobody;
    const Room& who = at == rooms_.end() ? nobody : at->second;
    return {settings_of(open ? std::string_view(open->name) : std::string_view(), who).layout, who.spotlight};
}

std::optional<mixer::LayoutKind> VideoDesk::own_layout(const Participant& who) const {
    const auto at = rooms_.find(who.room);
    if (at == rooms_.end()) return std::nullopt;
    const auto person = std::find_if(at->second.people.begin(), at->second.people.end(),
                                     [&](const Person& p) { return p.shown.participant == who.id; });
    return person == at->second.people.end() ? std::nullopt : person->own_layout;
}

void VideoDesk::set_layout(media::RoomId id, mixer::LayoutKind layout) {
    Room& room = rooms_[id];
    room.layout = layout;
    if (room.legs > 0) command(id, media::SetLayout{id, {}, layout});
}

void VideoDesk::set_own_layout(const Participant& who, mixer::LayoutKind layout) {
    const auto at = rooms_.find(who.room);
    Person* const person = at == rooms_.end() ? nullptr : find(at->second, who.id);
    if (!person) return;
    person->own_layout = layout;
    if (person->has_video) command(who.room, media::SetLayout{who.room, who.id, layout});
}

void VideoDesk::set_spotlight(media::RoomId id, media::ParticipantId who) {
    Room& room = rooms_[id];
    room.spotlight = who;
    if (room.legs > 0) tell_speaker(id, room);
}

void VideoDesk::tell_speaker(media::RoomId id, const Room& room) {
    command(id, media::SetSpeaker{id, room.spotlight ? room.spotlight : room.speaker});
}

void VideoDesk::closed(media::RoomId id) {
    rooms_.erase(id);
}

void VideoDesk::set_voice_lag(const media::VoiceLag& event) {
    const auto at = rooms_.find(event.room);
    if (at != rooms_.end() && at->second.legs > 0)
        command(event.room, media::SetVoiceLag{event.room, event.participant, event.lag});
}

void VideoDesk::hold_voice(const Participant& who, Duration hold) {
    if (who.video.joined)
        sound_commands_.push_back({who.worker, media::SyncVoice{who.room, who.id, true, hold}});
}

void VideoDesk::capture(const Participant& who, Duration length, std::size_t octets) {
    if (who.video.joined) command(who.room, media::CapturePackets{who.room, who.id, length, octets});
}

// --- to the workers

void VideoDesk::command(media::RoomId room, media::VideoCommand command) {
    commands_.push_back({room.value % policy_.workers, std::move(command)});
}

void VideoDesk::tell_people(media::RoomId id, Room& room) {
    room.changed = false;
    if (room.legs == 0) return;
    media::SetPeople people{id, {}};
    for (const Person& person : room.people)
        if (person.has_video || policy_.room.shows_audio_only) people.people.push_back(person.shown);
    command(id, std::move(people));
}

std::vector<VideoWorkerCommand> VideoDesk::take_commands() {
    for (const media::RoomId id : std::exchange(changed_, {}))
        if (const auto at = rooms_.find(id); at != rooms_.end()) tell_people(id, at->second);
    return std::exchange(commands_, {});
}

std::vector<VideoDesk::SoundCommand> VideoDesk::take_sound_commands() {
    return std::exchange(sound_commands_, {});
}

}  // namespace rotunda::rooms
