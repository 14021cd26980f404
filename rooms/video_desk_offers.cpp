// Video offered by us, in the middle of calls that have none (RFC 3264 §8.1).
#include <algorithm>
#include <utility>

#include "rooms/video_desk.hpp"

namespace rotunda::rooms {
namespace {

// A call that just began, or somebody else's video, may still change.
constexpr Duration offers_after = std::chrono::milliseconds(500);
// A room full of people is not asked all at once.
constexpr Duration between_offers = std::chrono::milliseconds(20);
// A peer that says each time it is about to offer something itself (491).
constexpr int most_tries = 3;

}  // namespace

VideoOffer VideoDesk::offer_policy(std::string_view room) const {
    return registry_.video(room).offer.value_or(policy_.offer);
}

bool VideoDesk::may_offer(const Participant& who) const {
    if (!policy_.enabled || !who.joined || who.ended || who.unproven || who.between_rooms) return false;
    const ParticipantVideo& video = who.video;
    if (video.joined || !who.local.video) return false;
    if (video.demanded) return true;
    if (video.settled || !who.trunk.empty()) return false;
    const VideoOffer when = offer_policy(who.room_name);
    const auto room = rooms_.find(who.room);
    const bool shown = room != rooms_.end() && room->second.legs > 0;
    return when == VideoOffer::always || (when == VideoOffer::shown && shown);
}

void VideoDesk::consider_offer(Participant& who, TimePoint now) {
    // Ports without his video: an offer is out.
    if (who.video.offer_due || who.video.ports || !may_offer(who)) return;
    who.video.offer_due = true;
    last_offer_ = std::max(now + offers_after, last_offer_ + between_offers);
    offers_.set(who.id, last_offer_);
}

bool VideoDesk::open_for_offer(Participant& who) {
    who.video.offer_due &= may_offer(who);
    if (!who.video.offer_due) return false;
    if (who.local.video_port != 0 || reserve(who, who.signaling_source)) return true;
    // No ports: as with a call that brings video, he goes on without.
    who.video.settled = true;
    who.video.demanded = false;
    return who.video.offer_due = false;
}

bool VideoDesk::close(Participant& who) {
    offers_.erase(who.id);
    who.local.video = who.video.offer_due = who.video.demanded = false;
    // Ports without his video: an offer is out, and this one comes after it.
    return who.video.joined || who.video.ports || who.media.video();
}

bool VideoDesk::demand(Participant& who) {
    who.local.video = true;
    if (who.video.joined || who.video.ports) return false;
    who.video.demanded = who.video.offer_due = true;
    who.video.offers_crossed = 0;
    return true;
}

void VideoDesk::offer_failed(Participant& who, int status) {
    ParticipantVideo& video = who.video;
    if (video.joined || !video.ports) return;  // it was about something else
    video.offer_due = status == 491 && ++video.offers_crossed < most_tries;
    video.settled |= !video.offer_due;
}

}  // namespace rotunda::rooms
