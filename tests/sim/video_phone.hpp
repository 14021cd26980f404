// A phone with a camera and a screen: films one colour, and keeps the newest picture it is sent.
#pragma once

#include <functional>
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
#include "rtp/video_receive_buffer.hpp"
#include "tests/sim/virtual_network.hpp"

namespace rotunda::sim {

struct VideoPhoneOptions {
    VideoCodec codec = VideoCodec::h264;
    rtp::PacketizationMode mode = rtp::PacketizationMode::non_interleaved;
    PictureSize size{320, 180};
    Yuv colour{81, 90, 240};
    int frames_per_second = 25;
    bool films = true;
    bool restless = false;                  // films noise, which makes large pictures
    bool nack = false;                      // repeats what is asked for, and asks itself
    bool feedback = true;                   // knows FIR
    bool pli = true;                        // and PLI
    std::optional<Endpoint> named;          // where its description says it is, if that is elsewhere
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
    // So many packets of its own get lost on their way.
    void lose_packets(int count);
    // Restarts its stream as some phones do when they resume.
    void new_stream();
    // From its next picture on.
    void change_size(PictureSize size);
    void send_raw(Bytes datagram) { network_.send(address_, server_, datagram); }
    void ask_for_keyframe();
    // By FIR (RFC 5104 §4.3.1); the same number again is the same request.
    void ask_by_fir(std::uint8_t number);
    // To another address, as from one network to another; and under other keys.
    void move(Endpoint address);
    void rekey(const SrtpKeys& keys);
    // For its last packets, up to this one, again (RFC 4585 §6.2.1): as many as one compound asks for here.
    void ask_again();
    // Says what time it is, so that sound and picture can be brought together.
    void report();
    void bound_bit_rate(std::uint64_t bits_per_second);
    // The same by TMMBR (RFC 5104 §4.2.1).
    void bound_by_tmmbr(std::uint64_t bits_per_second);
    // Says that this part of what it was sent did not come, 0 to 1.
    void report_loss(double fraction);

    // Sends what is due, takes in what has come.
    void step();

    const std::optional<Picture>& seen() const { return seen_; }
    // Of the newest picture: the mean of a small square around this place, as parts of width and height.
    Yuv colour_at(double x, double y) const;
    int pictures = 0;          // decoded
    int damaged = 0;           // packets missing or pictures broken
    int keyframes = 0;         // received
    int keyframes_asked = 0;   // by the server
    int firs = 0;              // by the server, among those
    int nacks = 0;             // by the server
    int bounds_confirmed = 0;  // by the server (TMMBN)
    int byes = 0;
    int rtcp_packets = 0;
    std::optional<TimePoint> first_picture, last_picture;
    Duration longest_gap{};  // between two pictures
    std::size_t octets = 0;
    // Of the picture that came in the most packets: how many, how many of them at once, and in what time.
    struct Spread {
        std::size_t packets = 0, at_once = 0;
        Duration lasted{};
    };
    const Spread& largest() const { return largest_; }
    void forget_largest() { largest_ = {}; }

  private:
    void send_picture();
    void listen();
    void on_rtp(const Datagram& datagram);
    void take(const rtp::RtpHeader& header, Bytes payload, bool lost, TimePoint arrival);
    void take_in_order(const rtp::RtpPacket& packet, TimePoint arrival);
    void note_spread(std::uint32_t timestamp, TimePoint arrival);
    void send_feedback(const std::function<void(ByteWriter&)>& write);
    I420View picture();
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
    std::optional<rtp::VideoReceiveBuffer> waiting_;  // with NACK: for what comes again
    std::optional<PictureBuffer> filmed_;
    Spread largest_, present_;
    std::uint32_t present_timestamp_ = 0;
    TimePoint present_begun_{}, present_newest_{};
    std::size_t present_at_once_ = 0;
    std::uint32_t server_ssrc_ = 0;
    std::uint16_t picture_id_ = 0;
    std::optional<Picture> seen_;
};

}  // namespace rotunda::sim
