#include "media/video_receiver.hpp"

#include <algorithm>
#include <utility>

#include "rtp/h264_nal.hpp"

namespace rotunda::media {
namespace {

constexpr Duration request_pause = std::chrono::milliseconds(500);
// A sender who makes no keyframe in this time makes none when asked: a smeared picture is better than a still
// one.
constexpr Duration patience = std::chrono::seconds(3);
// 1080 lines, 60 a second.
constexpr double most_pixels_per_second = 1920.0 * 1088 * 60,
                 most_pixels_at_once = most_pixels_per_second / 2;
// A slice of a few octets may be a whole picture of skipped macroblocks, and slices may cover each other:
// libavcodec decodes all of them and calls the picture broken. Of fields it does not: so many count as one.
// No fewer, since some cameras make a slice of each row of macroblocks.
constexpr int slices_for_one = 35;
// What gives no picture may have cost a whole one: of a kind nobody here shows, or with all of it broken.
constexpr double pixels_of_garbage = 1920.0 * 1088;

// That were decoded, at worst.
double pixels_of(const codecs::VideoDecoder::Decoded& decoded, int slices) {
    const int pictures = decoded.broken ? slices : std::max(1, slices / slices_for_one);
    if (!decoded.picture) return pictures * pixels_of_garbage;
    const PictureSize size = decoded.picture->view.size;
    return double(pictures) * size.width * size.height;
}

rtp::VideoReceiveBuffer::Settings buffer_settings(bool nack) {
    rtp::VideoReceiveBuffer::Settings settings;
    settings.nack = nack;
    return settings;
}

}  // namespace

VideoReceiver::VideoReceiver(std::vector<Format> formats, const Feedback& feedback)
    : formats_(std::move(formats)),
      feedback_(feedback),
      buffer_(buffer_settings(feedback.nack)),
      pixels_due_(most_pixels_at_once) {}

void VideoReceiver::configure(std::vector<Format> formats) {
    formats_ = std::move(formats);
}

const VideoReceiver::Format* VideoReceiver::find(std::uint8_t payload_type) const {
    const auto at = std::find_if(formats_.begin(), formats_.end(),
                                 [&](const Format& f) { return f.payload_type == payload_type; });
    return at == formats_.end() ? nullptr : &*at;
}

void VideoReceiver::on_packet(const rtp::RtpPacket& packet, TimePoint arrival) {
    if (knows(packet.header.payload_type)) buffer_.insert(packet.header, packet.payload, arrival);
}

void VideoReceiver::restart() {
    buffer_.reset();
    if (stream_) stream_->depacketizer.reset();
    decoder_follows_ = false;
}

void VideoReceiver::show(bool shown) {
    if (!std::exchange(shown_, shown) && shown) {
        decoder_follows_ = false;
        asked_.reset();
        broken_since_.reset();
    }
}

void VideoReceiver::decode(TimePoint now) {
    while (const auto packet = buffer_.next(now)) take(*packet, now);
}

void VideoReceiver::take(const rtp::VideoReceiveBuffer::Packet& packet, TimePoint now) {
    const Format* const format = find(packet.header.payload_type);
    if (!format) return;  // renegotiated away while it waited
    use(*format);
    for (const rtp::CodedFrame& frame :
         stream_->depacketizer.push(packet.header, packet.payload, packet.lost_before))
        on_frame(frame, packet.header.ssrc, now);
    note_health(now);
}

void VideoReceiver::use(const Format& format) {
    if (stream_ && stream_->format == format) return;
    if (stream_) dropped_ += stream_->depacketizer.frames_dropped();
    stream_ = std::make_unique<Stream>(format);
    stream_->depacketizer.set_parameter_sets(rtp::parameter_sets_from_sdp(format.parameter_sets));
    decoder_follows_ = false;
}

bool VideoReceiver::lost_patience(TimePoint now) const {
    return broken_since_ && now - *broken_since_ >= patience;
}

bool VideoReceiver::is_worth_decoding(const rtp::CodedFrame& frame, TimePoint now) const {
    return frame.keyframe || (frame.intact && decoder_follows_) || lost_patience(now);
}

// Nobody has more of a core than the largest picture at 60 a second takes, whatever he sends.
bool VideoReceiver::may_decode(TimePoint now) {
    const std::chrono::duration<double> passed = counted_ == TimePoint{} ? Duration{} : now - counted_;
    pixels_due_ = std::min(most_pixels_at_once, pixels_due_ + passed.count() * most_pixels_per_second);
    counted_ = now;
    return pixels_due_ > 0;
}

void VideoReceiver::on_frame(const rtp::CodedFrame& frame, std::uint32_t ssrc, TimePoint now) {
    if (!shown_ || !is_worth_decoding(frame, now)) {
        decoder_follows_ = false;
        return;
    }
    if (!may_decode(now)) {
        ++dropped_;
        decoder_follows_ = false;
        return;
    }
    auto decoded = stream_->decoder.decode(frame.data);
    pixels_due_ -= pixels_of(decoded, frame.slices);
    decoder_follows_ = !decoded.damaged && (frame.keyframe || decoder_follows_);
    if (decoded.damaged) stream_->depacketizer.break_chain();
    if (!decoded.picture || (decoded.damaged && !lost_patience(now))) return;
    pictures_held_.push(std::move(*decoded.picture), now);
    lag_.on_sample(ssrc, frame.timestamp, video_clock_hz, now);
    ++pictures_;
}

void VideoReceiver::note_health(TimePoint now) {
    const bool healthy = !shown_ || (decoder_follows_ && !stream_->depacketizer.keyframe_wanted());
    if (healthy)
        broken_since_.reset();
    else if (!broken_since_)
        broken_since_ = now;
}

VideoReceiver::KeyframeRequest VideoReceiver::take_keyframe_request(TimePoint now) {
    // Before the first packet there is nobody to ask.
    const bool wanted = shown_ && stream_ && (!decoder_follows_ || stream_->depacketizer.keyframe_wanted());
    if (!wanted || (asked_ && now - *asked_ < request_pause)) return KeyframeRequest::none;
    asked_ = now;
    return best_request();
}

VideoReceiver::KeyframeRequest VideoReceiver::best_request() const {
    if (feedback_.pli) return KeyframeRequest::pli;
    return feedback_.fir ? KeyframeRequest::fir : KeyframeRequest::info;
}

}  // namespace rotunda::media
