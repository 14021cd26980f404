#include "codecs/video_decoder.hpp"

#include <climits>
#include <stdexcept>
#include <string>

#include "codecs/libav.hpp"

namespace rotunda::codecs {
namespace {

AVCodecID id_of(VideoCodec codec) {
    return codec == VideoCodec::vp8 ? AV_CODEC_ID_VP8 : AV_CODEC_ID_H264;
}

libav::Context open_decoder(VideoCodec codec, const VideoDecoder::Limits& limits) {
    libav::silence();
    const AVCodec* const decoder = avcodec_find_decoder(id_of(codec));
    libav::Context context(decoder ? avcodec_alloc_context3(decoder) : nullptr);
    if (!context)
        throw std::runtime_error("libavcodec has no decoder for " + std::string(encoding_name(codec)));
    context->thread_count = 1;
    context->max_pixels = limits.pixels;
    // Each picture at once (no reordering), also those a broken or gradually refreshed stream begins with:
    // whether they are shown is the caller's decision.
    context->flags |= AV_CODEC_FLAG_LOW_DELAY | AV_CODEC_FLAG_OUTPUT_CORRUPT;
    if (avcodec_open2(context.get(), decoder, nullptr) < 0)
        throw std::runtime_error("libavcodec cannot open its decoder for " +
                                 std::string(encoding_name(codec)));
    return context;
}

bool is_i420(const AVFrame& frame) {
    return frame.format == AV_PIX_FMT_YUV420P || frame.format == AV_PIX_FMT_YUVJ420P;
}

// Also what rests on something that was never seen.
bool is_corrupt(const AVFrame& frame) {
    return (frame.flags & AV_FRAME_FLAG_CORRUPT) != 0;
}

// The picture keeps libavcodec's own reference: nothing is copied.
Picture share(libav::Frame frame) {
    Picture out;
    out.full_range = frame->format == AV_PIX_FMT_YUVJ420P || frame->color_range == AVCOL_RANGE_JPEG;
    out.view.size = {frame->width, frame->height};
    for (std::size_t p = 0; p < 3; ++p) {
        out.view.planes[p] = frame->data[p];
        out.view.strides[p] = frame->linesize[p];
    }
    out.owner = std::shared_ptr<const void>(frame.release(),
                                            [](const void* owner) { libav::Free{}((AVFrame*)owner); });
    return out;
}

}  // namespace

struct VideoDecoder::State {
    VideoCodec codec;
    Limits limits;
    libav::Context context;
    libav::Packet packet{av_packet_alloc()};

    bool is_usable(const AVFrame& frame) const {
        return is_i420(frame) && frame.width > 0 && frame.height > 0 && frame.width <= limits.side &&
               frame.height <= limits.side;
    }
    // Everything that is ready; the newest picture counts.
    void drain(Decoded& out) {
        while (true) {
            libav::Frame frame(av_frame_alloc());
            if (!frame || avcodec_receive_frame(context.get(), frame.get()) < 0) return;
            out.broken |= frame->decode_error_flags != 0 || !is_usable(*frame);
            out.damaged |= out.broken || is_corrupt(*frame);
            if (is_usable(*frame)) out.picture = share(std::move(frame));
        }
    }
};

VideoDecoder::VideoDecoder(VideoCodec codec) : VideoDecoder(codec, Limits{}) {}

VideoDecoder::VideoDecoder(VideoCodec codec, const Limits& limits)
    : state_(new State{codec, limits, open_decoder(codec, limits)}) {}

VideoDecoder::~VideoDecoder() = default;
VideoDecoder::VideoDecoder(VideoDecoder&&) noexcept = default;
VideoDecoder& VideoDecoder::operator=(VideoDecoder&&) noexcept = default;

VideoDecoder::Decoded VideoDecoder::decode(Bytes frame) {
    Decoded out;
    if (frame.empty() || frame.size() > INT_MAX - AV_INPUT_BUFFER_PADDING_SIZE)
        return {std::nullopt, true, true};
    // Without a buffer of its own the packet is copied into one with the padding the decoders read into.
    AVPacket& packet = *state_->packet;
    packet.data = const_cast<std::uint8_t*>(frame.data());
    packet.size = static_cast<int>(frame.size());
    out.damaged = out.broken = avcodec_send_packet(state_->context.get(), &packet) < 0;
    packet.data = nullptr;
    packet.size = 0;
    state_->drain(out);
    return out;
}

void VideoDecoder::reset() {
    state_->context = open_decoder(state_->codec, state_->limits);
}

}  // namespace rotunda::codecs
