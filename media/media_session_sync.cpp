// A session's part in lip sync: how far behind its capture the voice is, and how long it waits.
#include <algorithm>

#include "media/media_session.hpp"

namespace rotunda::media {
namespace {

// From a packet's arrival to the tick that plays it, where ticks are 20 ms apart and nothing better is known.
constexpr Duration mean_wait = std::chrono::milliseconds(10);
// Slack beyond one tick is delay that his jitter buffer is about to give up, so it is not counted.
constexpr Duration most_wait = std::chrono::milliseconds(20);

}  // namespace

void MediaSession::sync(bool watch, Duration hold) {
    if (!watch)
        lag_.reset();
    else if (!lag_)
        lag_.emplace(rtp_clock_hz(leg_.send.codec));
    receiver_.hold_back(hold);
}

void MediaSession::note_sender_reports(Bytes compound) {
    rtp::RtcpReader reader(compound);
    while (const auto block = reader.next())
        if (const auto* report = std::get_if<rtp::SenderReport>(&*block)) lag_->on_sender_report(*report);
}

void MediaSession::report_lag() {
    const auto arrived = lag_ ? lag_->lag() : std::nullopt;
    if (!arrived || !is_heard()) return;
    // The jitter buffer holds every packet back until the slowest would have come.
    const rtp::JitterBuffer& buffer = receiver_.jitter_buffer();
    const Duration lag =
        *arrived + buffer.target_delay() + std::min<Duration>(buffer.slack().value_or(mean_wait), most_wait);
    context_->events.push_back(VoiceLag{room_, participant_, lag});
}

}  // namespace rotunda::media
