// One sender's video from RTP packets to his newest picture. Whatever he does wrong ends here: his picture
// stands still for a while and nobody else's does.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/picture.hpp"
#include "base/time.hpp"
#include "base/video_codec.hpp"
#include "codecs/video_decoder.hpp"
#include "media/picture_hold.hpp"
#include "media/stream_lag.hpp"
#include "rtp/rtp_packet.hpp"
#include "rtp/video_depacketizer.hpp"
#include "rtp/video_receive_buffer.hpp"

namespace rotunda::media {

// Used by one thread at a time: packets on the network turn, decode() in a job of its own.
class VideoReceiver {
  public:
    struct Format {
        std::uint8_t payload_type = 0;
        VideoCodec codec = VideoCodec::h264;
        std::string parameter_sets;  // sprop-parameter-sets of the peer

        friend bool operator==(const Format&, const Format&) = default;
    };
    // How the peer is asked for a keyframe, as negotiated; the best comes first.
    enum class KeyframeRequest : std::uint8_t { none, pli, fir, info };
    struct Feedback {
        bool nack = false;
        bool pli = false;
        bool fir = false;

        friend bool operator==(const Feedback&, const Feedback&) = default;
    };

    VideoReceiver(std::vector<Format> formats, const Feedback& feedback);

    // A changed leg. A stream that goes on in the same format does so without a break.
    void configure(std::vector<Format> formats);
    bool knows(std::uint8_t payload_type) const { return find(payload_type) != nullptr; }

    // A packet of the accepted source in a format it knows.
    void on_packet(const rtp::RtpPacket& packet, TimePoint arrival);
    // Another SSRC, or the sender began anew. His last picture stays.
    void restart();

    // Who is seen by nobody is not decoded; shown again, he begins with a keyframe.
    void show(bool shown);
    bool is_shown() const { return shown_; }

    // Everything whose turn has come. The expensive part.
    void decode(TimePoint now);

    // The newest good picture; nothing before the first.
    const std::optional<Picture>& picture() const { return pictures_held_.shown(); }
    // Lip sync: how long pictures wait from now on before they are the newest; and their turn.
    void hold_pictures(Duration hold) { pictures_held_.set(hold); }
    void advance(TimePoint now) { pictures_held_.advance(now); }
    // How far behind their capture pictures are decoded; nothing before the sender's first report.
    std::optional<Duration> lag() const { return lag_.lag(); }
    void on_sender_report(const rtp::SenderReport& report) { lag_.on_sender_report(report); }
    std::uint64_t pictures() const { return pictures_; }

    // The packets to ask for again now.
    std::size_t take_nacks(TimePoint now, std::optional<Duration> round_trip, std::span<std::uint16_t> out) {
        return buffer_.take_nacks(now, round_trip, out);
    }
    // How to ask for a keyframe now; again every half second as long as one is wanted.
    KeyframeRequest take_keyframe_request(TimePoint now);
    // The best way he understands, whether one is wanted or not.
    KeyframeRequest best_request() const;
    // When packets that wait want decode() or take_nacks() although none came.
    std::optional<TimePoint> next_timeout() const { return buffer_.next_timeout(); }

    std::uint64_t frames_dropped() const {
        return dropped_ + (stream_ ? stream_->depacketizer.frames_dropped() : 0);
    }
    std::uint64_t packets_lost() const { return buffer_.packets_lost(); }

  private:
    struct Stream {
        explicit Stream(const Format& f) : format(f), depacketizer(f.codec), decoder(f.codec) {}
        Format format;
        rtp::VideoDepacketizer depacketizer;
        codecs::VideoDecoder decoder;
    };
    const Format* find(std::uint8_t payload_type) const;
    void take(const rtp::VideoReceiveBuffer::Packet& packet, TimePoint now);
    void use(const Format& format);
    void on_frame(const rtp::CodedFrame& frame, std::uint32_t ssrc, TimePoint now);
    bool is_worth_decoding(const rtp::CodedFrame& frame, TimePoint now) const;
    bool lost_patience(TimePoint now) const;
    void note_health(TimePoint now);
    bool may_decode(TimePoint now);

    std::vector<Format> formats_;
    Feedback feedback_;
    rtp::VideoReceiveBuffer buffer_;
    std::unique_ptr<Stream> stream_;  // from the first packet on
    bool shown_ = true;
    bool decoder_follows_ = false;  // it has had every frame since the last keyframe
    std::optional<TimePoint> broken_since_;
    std::optional<TimePoint> asked_;
    PictureHold pictures_held_;
    StreamLag lag_{video_clock_hz};
    std::uint64_t pictures_ = 0;
    std::uint64_t dropped_ = 0;  // by earlier streams, and what he sent beyond what one may
    double pixels_due_;          // that may still be decoded now
    TimePoint counted_{};
};

}  // namespace rotunda::media
