// libavcodec's objects with owners. Used by the video decoder and encoder only.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/frame.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
}

#include <memory>

namespace rotunda::codecs::libav {

struct Free {
    void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
    void operator()(AVFrame* frame) const { av_frame_free(&frame); }
    void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
using Context = std::unique_ptr<AVCodecContext, Free>;
using Frame = std::unique_ptr<AVFrame, Free>;
using Packet = std::unique_ptr<AVPacket, Free>;

// The library writes to stderr what it thinks of every broken packet; a stranger must not fill a disk with
// that.
inline void silence() {
    static const bool done = (av_log_set_level(AV_LOG_QUIET), true);
    static_cast<void>(done);
}

}  // namespace rotunda::codecs::libav
