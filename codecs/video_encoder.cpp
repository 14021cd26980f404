#include "codecs/video_encoder.hpp"

#include <cerrno>
#include <utility>

#include "codecs/libav.hpp"

namespace rotunda::codecs {
namespace {

// How much a picture may exceed its share, as a fraction of a second at the full rate: what a keyframe may be
// large, and what a receiver waits for it.
constexpr double rate_buffer_seconds = 0.5;
// Keyframes come when asked for; this only bounds the codecs' own counters.
constexpr int pictures_between_keyframes = 1 << 24;

void set_rate(AVCodecContext& context, int bits_per_second) {
    context.bit_rate = bits_per_second;
    context.rc_max_rate = bits_per_second;
    context.rc_buffer_size = static_cast<int>(bits_per_second * rate_buffer_seconds);
}

void set_option(AVCodecContext& context, const char* name, const std::string& value) {
    av_opt_set(context.priv_data, name, value.c_str(), 0);
}

void tune_h264(AVCodecContext& context, const VideoSettings& settings, const VideoTuning& tuning) {
    set_option(context, "preset", tuning.x264_preset);
    set_option(context, "tune", "zerolatency");
    set_option(context, "profile", settings.profile == H264Profile::high ? "high" : "baseline");
    set_option(context, "forced-idr", "1");  // "keyframe" means IDR: a receiver may begin there
    // Deblocking costs the fast presets next to nothing and gives ultrafast two to three decibels; without
    // decimation a block is coded as it is measured, which is faster still (docs/performance.md).
    std::string params = "scenecut=0:keyint=infinite:deblock=0,0:no-dct-decimate=1";
    // ultrafast leaves out all that makes a stream a High one; this much of it is cheap.
    if (settings.profile == H264Profile::high) params += ":8x8dct=1";
    if (settings.max_slice_octets > 0)
        params += ":slice-max-size=" + std::to_string(settings.max_slice_octets);
    set_option(context, "x264-params", params);
}

void tune_vp8(AVCodecContext& context, const VideoTuning& tuning) {
    set_option(context, "deadline", "realtime");
    // Positive numbers let libvpx choose by a clock of its own; negative ones hold (libvpx, cpu-used).
    set_option(context, "cpu-used", std::to_string(-tuning.vp8_speed));
    set_option(context, "lag-in-frames", "0");
    set_option(context, "auto-alt-ref", "0");
    set_option(context, "static-thresh", "1");
    context.qmin = 4;
    context.qmax = 56;
}

libav::Context open_encoder(const VideoSettings& settings, const VideoTuning& tuning) {
    const bool vp8 = settings.codec == VideoCodec::vp8;
    const AVCodec* const encoder = avcodec_find_encoder_by_name(vp8 ? "libvpx" : "libx264");
    libav::Context context(encoder ? avcodec_alloc_context3(encoder) : nullptr);
    if (!context) return nullptr;
    context->width = settings.width;
    context->height = settings.height;
    context->pix_fmt = AV_PIX_FMT_YUV420P;
    context->color_range = AVCOL_RANGE_MPEG;
    context->time_base = {1, settings.frames_per_second};
    context->framerate = {settings.frames_per_second, 1};
    context->gop_size = pictures_between_keyframes;
    context->max_b_frames = 0;
    context->thread_count = tuning.threads;
    context->flags |= AV_CODEC_FLAG_LOW_DELAY;
    set_rate(*context, settings.bit_rate);
    if (vp8)
        tune_vp8(*context, tuning);
    else
        tune_h264(*context, settings, tuning);
    if (avcodec_open2(context.get(), encoder, nullptr) < 0) return nullptr;
    return context;
}

// The caller's planes as they lie: both encoders copy a picture before encode() returns.
libav::Frame borrow(const I420View& picture) {
    libav::Frame frame(av_frame_alloc());
    if (!frame) return nullptr;
    frame->format = AV_PIX_FMT_YUV420P;
    frame->width = picture.size.width;
    frame->height = picture.size.height;
    for (std::size_t p = 0; p < 3; ++p) {
        const auto size =
            static_cast<std::size_t>(picture.strides[p]) * static_cast<std::size_t>(picture.height(p));
        auto* const data = const_cast<std::uint8_t*>(picture.planes[p]);
        frame->data[p] = data;
        frame->linesize[p] = picture.strides[p];
        frame->buf[p] = av_buffer_create(
            data, size, [](void*, std::uint8_t*) {}, nullptr, AV_BUFFER_FLAG_READONLY);
        if (!frame->buf[p]) return nullptr;
    }
    return frame;
}

class LibavEncoder final : public VideoEncoder {
  public:
    LibavEncoder(const VideoSettings& settings, const VideoTuning& tuning, libav::Context context)
        : VideoEncoder(settings), tuning_(tuning), context_(std::move(context)) {}

    std::optional<Encoded> encode(const I420View& picture, bool keyframe) override {
        if (picture.size != PictureSize{settings_.width, settings_.height}) return std::nullopt;
        libav::Frame frame = borrow(picture);
        if (!frame || !context_) return std::nullopt;
        frame->pts = pictures_++;
        frame->pict_type = keyframe ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
        if (avcodec_send_frame(context_.get(), frame.get()) < 0) return std::nullopt;
        av_packet_unref(packet_.get());
        if (avcodec_receive_packet(context_.get(), packet_.get()) < 0) return std::nullopt;
        return Encoded{{packet_->data, static_cast<std::size_t>(packet_->size)},
                       (packet_->flags & AV_PKT_FLAG_KEY) != 0};
    }

    void set_bit_rate(int bits_per_second) override {
        if (bits_per_second == settings_.bit_rate) return;
        settings_.bit_rate = bits_per_second;
        // libavcodec passes a new rate on to libx264 with the next picture, but not to libvpx.
        if (settings_.codec == VideoCodec::h264)
            set_rate(*context_, bits_per_second);
        else
            context_ = open_encoder(settings_, tuning_);
    }

  private:
    VideoTuning tuning_;
    libav::Context context_;
    libav::Packet packet_{av_packet_alloc()};
    std::int64_t pictures_ = 0;
};

}  // namespace

Result<std::unique_ptr<VideoEncoder>> VideoEncoder::make(const VideoSettings& settings,
                                                         const VideoTuning& tuning) {
    libav::silence();
    const std::string name(encoding_name(settings.codec));
    if (settings.width < 16 || settings.height < 16 || settings.width % 2 != 0 || settings.height % 2 != 0 ||
        settings.frames_per_second < 1 || settings.bit_rate < 1)
        return fail_with("no " + name + " encoder for such a size or rate");
    libav::Context context = open_encoder(settings, tuning);
    if (!context) return fail_with("libavcodec has no usable " + name + " encoder");
    return std::unique_ptr<VideoEncoder>(
        std::make_unique<LibavEncoder>(settings, tuning, std::move(context)));
}

}  // namespace rotunda::codecs
