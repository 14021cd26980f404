#include <fmt/format.h>

#include "rooms/call_log.hpp"

namespace rotunda::rooms {

void CallLog::video_allowed(const Participant& who, bool allowed) {
    write(LogLevel::info, allowed ? "video.allowed" : "video.barred", who, {});
}

void CallLog::video_started(const Participant& who, const media::VideoStarted& event) {
    write(LogLevel::info, "video.started", who, "his picture is there",
          {{"codec", std::string(encoding_name(who.video.leg.codec))},
           {"size", fmt::format("{}x{}", event.size.width, event.size.height)}});
}

void CallLog::video_handshake_done(const Participant& who, const media::VideoHandshakeDone& done) {
    if (done.suite)
        write(LogLevel::info, "video.secured", who, "DTLS handshake done", {{"srtp", srtp_name(done.suite)}});
    else
        write(LogLevel::warning, "video.not_secured", who, done.failure);
}

void CallLog::video_ended(const Participant& who, const media::VideoQuality& quality) {
    write(LogLevel::info, "video.ended", who, "video ended",
          {{"received", std::to_string(quality.packets_received)},
           {"lost", std::to_string(quality.packets_lost)},
           {"discarded", std::to_string(quality.packets_discarded)},
           {"sent", std::to_string(quality.packets_sent)},
           {"repeated", std::to_string(quality.packets_repeated)},
           {"pictures", std::to_string(quality.pictures_shown)},
           {"dropped", std::to_string(quality.pictures_dropped)},
           {"keyframes_asked", std::to_string(quality.keyframes_asked)},
           {"remote_loss", fmt::format("{:.3f}", quality.remote_loss)},
           {"srtp", srtp_name(quality.srtp)}});
}

void CallLog::video_load(const std::string& room, const media::VideoLoadChanged& event) {
    sink_.write(
        {event.depth > 0 ? LogLevel::warning : LogLevel::info,
         "video.load",
         event.depth > 0 ? "short of time: fewer and smaller pictures" : "pictures are as configured again",
         {{"room", room},
          {"most_frames_per_second", std::to_string(event.step.frames_per_second)},
          {"most_height", std::to_string(event.step.height)},
          {"depth", std::to_string(event.depth)}}});
}

}  // namespace rotunda::rooms
