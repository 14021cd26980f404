// One leg's video on the worker: its two sockets, whom it listens to, what it received, what it sends. The
// room decides which picture that is.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "media/named_address.hpp"
#include "media/packet_capture.hpp"
#include "media/packet_history.hpp"
#include "media/packet_pacing.hpp"
#include "media/receiver_rate.hpp"
#include "media/secure_paths.hpp"
#include "media/video_command.hpp"
#include "media/video_context.hpp"
#include "media/video_receiver.hpp"
#include "rtp/payload_list.hpp"
#include "rtp/receiver_statistics.hpp"
#include "rtp/rtcp_feedback.hpp"
#include "rtp/rtcp_session.hpp"
#include "rtp/rtp_sender.hpp"
#include "rtp/source_latch.hpp"

namespace rotunda::media {

class VideoSession {
  public:
    VideoSession(JoinVideo& join, VideoContext& context, TimePoint now);
    VideoSession(const VideoSession&) = delete;
    VideoSession& operator=(const VideoSession&) = delete;

    ParticipantId participant() const { return participant_; }
    const VideoLeg& leg() const { return leg_; }
    const VideoReceiver& receiver() const { return receiver_; }
    // He wants our picture.
    bool is_watching() const { return leg_.sends && !leg_.on_hold; }
    // It can reach him: it is known where he is, and the keys are there.
    bool is_reachable() const { return paths_.rtp().is_ready() && destination(); }
    // His picture may be shown.
    bool is_filming() const { return leg_.receives && !leg_.on_hold; }

    // False if the leg is what it was: nothing happens then.
    bool update(const VideoLeg& leg, TimePoint now);

    // Lip sync: see VideoReceiver.
    void hold_pictures(Duration hold) { receiver_.hold_pictures(hold); }
    // When his newest picture was decoded.
    TimePoint newest_at() const { return newest_at_; }
    void advance_picture(TimePoint now) { receiver_.advance(now); }

    // --- once a network turn, in this order
    // Reads the sockets, within bounds.
    void receive(TimePoint now);
    // His picture is seen by somebody.
    void show(bool shown) { receiver_.show(shown); }
    // decode() has something to do. It is a job of its own.
    bool wants_decode(TimePoint now) const;
    void decode(TimePoint now);
    // Reports, requests to the peer, packets whose turn it is.
    void on_turn(TimePoint now);
    // What happened in decode() and receive() is told to the focus.
    void tell(RoomId room);

    // For an operator; packets sent again are left out. Begins with a keyframe each way, as soon as there is
    // one, since who looks into the middle of a stream sees nothing.
    void capture(const CapturePackets& command, TimePoint now);

    // --- the picture for him
    // The peer asked for a keyframe since the last call, or cannot ask and may have missed one.
    bool take_keyframe_wish(TimePoint now);
    // Since the last call his packets can reach him for the first time, or again; or they go elsewhere than
    // before, under other keys or by another number, so that he may have missed what was on its way.
    enum class Move : std::uint8_t { none, here, elsewhere };
    Move take_move(TimePoint now);
    PictureClass wanted_class(int room_height, int room_rate) const {
        return rate_.wanted(room_height, room_rate);
    }
    PictureClass choose_class(int room_height, int room_rate, TimePoint now) {
        return sent_class_ = rate_.choose(room_height, room_rate, now);
    }
    // A picture cut into payloads, which stay until finish_picture(). What is left of the one before leaves
    // first. `sampled`: the moment it shows; `window`: within which its last packet leaves.
    void begin_picture(const rtp::PayloadList& payloads, TimePoint sampled, Duration window, TimePoint now);
    void finish_picture();

    // For a later session of his under the same keys.
    std::optional<SrtpReceived> received() const { return paths_.rtp().received(); }
    // RTCP BYE, the rest of what is captured, and the quality of the whole call.
    VideoQuality end(RoomId room, TimePoint now);

  private:
    void read(MediaTransport& socket, bool for_rtcp, int most, TimePoint now);
    void note_heard(const IpAddress& source);
    void note_sign(const Endpoint& source);
    void on_rtp(MutableBytes datagram, const ReceivedDatagram& received);
    bool is_from_peer(const rtp::RtpHeader& header, const ReceivedDatagram& received);
    bool has_budget(std::size_t octets, std::uint32_t timestamp, TimePoint arrival);
    // video_session_rtcp.cpp
    void on_rtcp(MutableBytes datagram, const ReceivedDatagram& received, TimePoint now);
    bool accepts_rtcp(Bytes datagram, const ReceivedDatagram& received);
    void on_feedback(const rtp::Feedback& feedback, TimePoint now);
    void repeat(rtp::NackList lost, TimePoint now);
    void ask_for_packets(TimePoint now);
    void ask_for_keyframe(TimePoint now);
    void report(TimePoint now);
    template <typename Write>
    void send_feedback(Write&& write, TimePoint now);
    void send_rtcp(Bytes compound);

    void send_part();
    void send_until(std::size_t end);
    void tell_captured(RoomId room, TimePoint until);
    void settle_lock(TimePoint now);
    void signal(TimePoint now);
    void follow_nomination(TimePoint now);
    // With ICE nobody is sent anything without his consent.
    std::optional<Endpoint> destination() const {
        return paths_.consents() && leg_.consents ? latch_.destination() : std::nullopt;
    }

    // How his pictures reach him.
    struct Way {
        Endpoint to;
        std::optional<SrtpKey> key;
        std::uint8_t payload_type = 0;

        friend bool operator==(const Way&, const Way&) = default;
    };
    std::optional<Way> way() const;

    // Nobody vouches for this address, and nothing has come from there (see NamedAddress).
    bool is_merely_named(const Endpoint& to) const {
        return leg_.only_named && !named_.has_shown_itself(to.address);
    }

    std::optional<Endpoint> rtcp_destination() const;
    bool may_ask() const;

    // Passed in.
    ParticipantId participant_;
    MediaPorts ports_;
    VideoLeg leg_;
    VideoContext& context_;

    // Owned.
    SecurePaths paths_;
    VideoReceiver receiver_;
    rtp::ReceiverStatistics statistics_;
    rtp::RtpSender sender_;
    rtp::RtcpSession rtcp_;
    rtp::SourceLatch latch_;
    rtp::SourceLatch rtcp_latch_;
    NamedAddress named_;
    rtp::KeyframeRequests requests_;
    ReceiverRate rate_;
    PacketPacing pacing_;
    std::unique_ptr<PacketHistory> history_;
    std::unique_ptr<PacketCapture> capture_;  // while an operator wants it

    // State.
    PictureClass sent_class_;
    const rtp::PayloadList* picture_ = nullptr;  // under way
    std::size_t parts_sent_ = 0;
    TimePoint sampled_{};
    std::optional<std::uint32_t> peer_ssrc_;
    double budget_ = 0;          // octets the peer may still send
    double picture_budget_ = 0;  // and pictures
    std::optional<std::uint32_t> last_timestamp_;
    TimePoint budget_at_{};
    bool fresh_ = false;  // packets came since the last decode()
    bool keyframe_wanted_ = false;
    bool withheld_ = false;                  // packets from an address that was merely named
    bool keyframe_due_ = false;              // one of his own, for who begins to look now
    std::optional<Way> way_;                 // as last seen
    std::optional<TimePoint> next_unasked_;  // keyframe, for who cannot ask
    static constexpr Duration first_unasked = std::chrono::seconds(1);
    Duration until_unasked_ = first_unasked;
    bool info_wanted_ = false;
    std::optional<HandshakeEnd> handshake_end_;
    bool started_ = false;
    bool socket_locked_ = false;
    std::uint16_t rtcp_count_ = 0;
    std::uint8_t fir_number_ = 0;
    TimePoint next_housekeeping_;
    TimePoint newest_at_{};
    TimePoint turn_{};  // when the present one began
    std::uint64_t told_pictures_ = 0;
    std::uint64_t discarded_ = 0;
    std::uint64_t repeated_ = 0;
    std::uint64_t keyframes_asked_ = 0;
};

}  // namespace rotunda::media
