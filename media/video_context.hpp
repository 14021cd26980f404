// What all video rooms of one worker share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "codecs/video_encoder.hpp"
#include "media/handshake_queue.hpp"
#include "media/job_runner.hpp"
#include "media/video_event.hpp"
#include "mixer/text_painter.hpp"
#include "rtp/dtls_identity.hpp"

namespace rotunda::media {

// Since the worker started; `sessions`, `rooms`, `strained` and `groups` are now.
struct VideoCounters {
    std::uint64_t frames = 0;          // frame turns of all rooms
    std::uint64_t skipped_frames = 0;  // given up because the worker was behind
    std::uint64_t pictures = 0;        // decoded
    std::uint64_t compositions = 0;    // views drawn, at least in part
    std::uint64_t encodes = 0;
    std::uint64_t keyframes = 0;
    std::uint64_t steps_given_up = 0;
    std::uint64_t packets_received = 0;
    std::uint64_t packets_sent = 0;
    std::uint64_t send_failures = 0;
    std::size_t rooms = 0;
    std::size_t sessions = 0;
    std::size_t strained = 0;  // rooms that have given something up
    std::size_t groups = 0;    // encoder groups: one encode for all of each

    VideoCounters& operator+=(const VideoCounters& other);
};

struct VideoContext {
    RandomSource& random;
    WallOffset wall;
    JobRunner& jobs;
    codecs::VideoTuning tuning;
    const rtp::DtlsIdentity* dtls = nullptr;  // none: no handshake succeeds
    HandshakeQueue handshakes;
    std::unique_ptr<mixer::TextPainter> text;  // from the first room on: it reads the fonts
    std::vector<VideoEvent> events;            // the outbox
    VideoCounters counters;
};

}  // namespace rotunda::media
