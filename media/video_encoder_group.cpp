#include "media/video_encoder_group.hpp"

#include <utility>

namespace rotunda::media {

VideoEncoderGroup::VideoEncoderGroup(EncoderGroupKey key, std::unique_ptr<codecs::VideoEncoder> encoder,
                                     std::size_t max_payload)
    : key_(std::move(key)), encoder_(std::move(encoder)), max_payload_(max_payload) {}

Result<std::unique_ptr<VideoEncoderGroup>> VideoEncoderGroup::make(EncoderGroupKey key,
                                                                   const codecs::VideoTuning& tuning,
                                                                   std::size_t max_payload) {
    VideoSettings settings = key.settings;
    if (settings.codec == VideoCodec::h264 && key.mode == rtp::PacketizationMode::single_nal)
        settings.max_slice_octets = max_payload;
    auto encoder = codecs::VideoEncoder::make(settings, tuning);
    if (!encoder) return fail(encoder.error());
    return std::unique_ptr<VideoEncoderGroup>(
        new VideoEncoderGroup(std::move(key), std::move(*encoder), max_payload));
}

bool VideoEncoderGroup::encode(const I420View& picture, TimePoint now) {
    payloads_.clear();
    const auto coded = encoder_->encode(picture, gate_.take(now));
    keyframe_ = coded && coded->keyframe;
    if (!coded) return false;
    if (key_.settings.codec == VideoCodec::vp8)
        rtp::packetize_vp8(coded->data, picture_id_++, max_payload_, payloads_);
    else
        rtp::packetize_h264(coded->data, key_.mode, max_payload_, payloads_);
    return payloads_.size() > 0;
}

}  // namespace rotunda::media
