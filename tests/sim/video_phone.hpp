// A phone with a camera and a screen: films one colour, and keeps the newest picture it is sent.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "codecs/video_decoder.hpp"
#include "codecs/video_encoder.hpp"
#include "media/video_command.hpp"
#include "rtp/rtcp_feedback.hpp"
#include "rtp/rtp_sender.hpp"
#include "rtp/srtp_session.hpp"
#include "rtp/video_depacketizer.hpp"
#include "rtp/video_packetizer.hpp"
#include "tests/sim/virtual_network.hpp"

namespace rotunda::sim {

struct VideoPhoneOptions {
    VideoCodec codec = VideoCodec::h264;
    rtp::PacketizationMode mode = rtp::PacketizationMode::non_interleaved;
    PictureSize size{320, 180};
    Yuv colour{81, 90, 240};
    int frames_per_second = 25;
    bool films = true;
    bool nack = false;                      // repeats what is asked for, and asks itself
    bool feedback = true;                   // knows PLI
    std::uint32_t most_macroblocks = 3600;  // that it takes: 720p
    std::uint64_t most_bit_rate = 0;        // 0: no bound
    std::optional<SrtpKeys> srtp;           // `send` is the phone's own
};

class VideoPhone {
  public:
    VideoPhone(VirtualNetwork& network, Endpoint address, VideoPhoneOptions options, std::uint64_t seed);

    media::VideoLeg leg() const;
    const Endpoint& address() const { return address_; }
    void call(Endpoint server) { server_ = server; }
    void show_colour(Yuv colour) { options_.colour = colour; }
    void film(bool films) { options_.films = films; }
    // From its next picture on.
    void change_size(PictureSize size);
    void send_raw(Bytes datagram) { network_.send(address_, server_, datagram); }
    void ask_for_keyframe();
    // Says what time it is, so that sound and picture can be brought together.
    void report();
    void bound_bit_rate(std::uint64_t bits_per_second);

    // Sends what is due, takes in what has come.
    void step();

    const std::optional<Picture>& seen() const { return seen_; }
    // Of the newest picture: the mean of a small square around this place, as parts of width and height.
    Yuv colour_at(double x, double y) const;
    int pictures = 0;         // decoded
    int damaged = 0;          // packets missing or pictures broken
    int keyframes = 0;        // received
    int keyframes_asked = 0;  // by the server
    int nacks = 0;            // by the server
    int byes = 0;
    std::optional<TimePoint> first_picture, last_picture;
    Duration longest_gap{};  // between two pictures
    std::size_t octets = 0;

  private:
    void send_picture();
    void listen();
    void on_rtp(const Datagram& datagram);
    void on_rtcp(Bytes datagram);
    void transmit(std::vector<std::uint8_t> packet, bool rtcp);

    VirtualNetwork& network_;
    Endpoint address_, rtcp_address_, server_;
    VideoPhoneOptions options_;
    SeededRandom random_;
    rtp::RtpSender sender_;
    std::unique_ptr<codecs::VideoEncoder> encoder_;
    rtp::VideoDepacketizer depacketizer_;
    codecs::VideoDecoder decoder_;
    std::unique_ptr<rtp::SrtpSession> srtp_;
    std::map<std::uint16_t, std::vector<std::uint8_t>> sent_;
    std::optional<TimePoint> next_;
    bool keyframe_wanted_ = true;
    std::optional<std::uint16_t> last_sequence_;
    std::uint32_t server_ssrc_ = 0;
    std::uint16_t picture_id_ = 0;
    std::optional<Picture> seen_;
};

}  // namespace rotunda::sim
