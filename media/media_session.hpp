// One leg's media on the worker: its two sockets, whom it listens to, what it received, what it sends, and
// whether it lives. The mix is the room's business; a session knows packets and its own PCM only.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/prefetch.hpp"
#include "media/audio_receiver.hpp"
#include "media/media_context.hpp"
#include "media/named_address.hpp"
#include "media/packet_ring.hpp"
#include "media/room_command.hpp"
#include "media/secure_path.hpp"
#include "media/stream_lag.hpp"
#include "rtp/dtmf_sender.hpp"
#include "rtp/receiver_statistics.hpp"
#include "rtp/rtcp_session.hpp"
#include "rtp/rtp_sender.hpp"
#include "rtp/source_latch.hpp"

namespace rotunda::media {

// The generator of the worker a session is on just now.
class WorkerRandom final : public RandomSource {
  public:
    explicit WorkerRandom(RandomSource& source) : source_(&source) {}
    std::uint64_t next() override { return source_->next(); }
    void use(RandomSource& source) { source_ = &source; }

  private:
    RandomSource* source_;
};

class alignas(cache_line) MediaSession {
  public:
    MediaSession(RoomId room, JoinRoom& join, Duration silence_timeout, Duration tick, MediaContext& context,
                 TimePoint now);

    ParticipantId participant() const { return participant_; }
    const AudioLeg& leg() const { return leg_; }
    AudioReceiver& receiver() { return receiver_; }

    // False if the leg is what it was: nothing happens then.
    bool update(const AudioLeg& leg, TimePoint now);

    // To another room: release() on the thread of the worker it leaves, adopt() on that of the one it comes
    // to. In between nobody touches it. `tick`: of the new room.
    void release();
    void adopt(RoomId room, Duration tick, MediaContext& context, TimePoint now);

    // Keys towards the peer, one after the other, as telephone-events; until they are through the mix makes
    // way. False: he negotiated none at his codec's clock.
    bool send_digits(std::string_view digits);

    void capture(const CapturePackets& command, TimePoint now);

    // Hints to the processor, two sessions before this one's turn to receive, or to send: what of its state
    // that takes. All of it would be three times as much, and the caches hold no room of a thousand.
    void prefetch_to_receive() const {
        prefetch_to_send();
        prefetch_between(&receiver_, &rtcp_);
    }
    void prefetch_to_send() const {
        prefetch_between(this, &leg_);
        prefetch(&leg_.sends, 1);
        prefetch(&path_.crypto(), 1);
        receiver_.prefetch_ptime();
    }
    // And one session before: what its state points at.
    void prefetch_socket() const { prefetch(ports_.rtp.get(), 2 * cache_line); }
    void prefetch_packet() const {
        prefetch_socket();
        receiver_.prefetch_packet();
    }

    // Reads the RTP socket: one packet as a rule, more only where one left behind would cost delay. `late`:
    // the tick began so long after its deadline that a second packet may have come in.
    void receive(TimePoint now, bool late);
    // Reads the RTCP socket empty, within bounds.
    void receive_rtcp();

    // The peer's voice belongs in the mix.
    bool is_heard() const { return leg_.receives && !leg_.on_hold; }
    // Once a tick one of these two. The next block of the peer's voice at receiver().rate_hz(); empty if
    // there is none to hear.
    Pcm pull(TimePoint deadline, Duration block);
    // For who is not heard: nothing is decoded.
    void skim(TimePoint deadline, Duration block);
    // After them, for who is to be heard in this tick: his block, by a decoder that has a past.
    Pcm warm(Duration block);

    // Who shares the port (see SharePort); null: nobody.
    void share_port(std::shared_ptr<PacketRing> ring);

    // A frame of the mix is done. Sends it if a destination is known; else, or with an empty payload, time
    // just passes.
    void send_frame(Bytes payload, Duration duration, TimePoint now);
    // Ticks were given up: the stream's media time goes on without them.
    void skip(Duration duration) { sender_.skip(duration); }

    // Reports, silence, digits without an end. Cheap when nothing is due.
    void on_tick(TimePoint now) {
        if (now >= next_duty_) do_duties(now);
    }
    // Lip sync: whether VoiceLag is told, and how long the voice waits for the picture.
    void sync(bool watch, Duration hold);
    // RTCP BYE, and the quality of the whole call.
    LegQuality end(TimePoint now);
    // So far.
    LegQuality quality() const;

    // Of our packets the peer reported lost lately, as far as an encoder is to mind.
    int remote_loss_percent(TimePoint now) const;

  private:
    bool on_datagram(MutableBytes datagram, const ReceivedDatagram& received, TimePoint now);
    bool on_rtp(MutableBytes datagram, const ReceivedDatagram& received, TimePoint now);
    void on_valid_rtp(const rtp::RtpPacket& packet, const AudioReceiver::PayloadKind& kind,
                      const ReceivedDatagram& received);
    void note_sign(const Endpoint& source);
    void on_rtcp(MutableBytes datagram, const ReceivedDatagram& received);
    void agree(TimePoint now);
    void follow_nomination(TimePoint now);
    bool tend(SecurePath& path, TimePoint now);
    std::optional<Endpoint> destination() const;
    // Where so many octets of RTP may go now.
    std::optional<Endpoint> destination_of(std::size_t octets, TimePoint now);
    MediaCrypto& rtcp_crypto() { return rtcp_path_ ? rtcp_path_->crypto() : path_.crypto(); }
    bool accepts_rtcp(Bytes datagram, const ReceivedDatagram& received);
    void announce_start(const ReceivedDatagram& received);
    void announce_move(const ReceivedDatagram& received);
    void send_event(Duration duration, TimePoint now);
    void send_rtp(MutableBytes buffer, std::size_t size, const Endpoint& to, TimePoint now);
    void tell_captured(TimePoint now);
    void hand_over(Bytes datagram, const ReceivedDatagram& received);
    void tell_shared_path();
    void report_digit(const rtp::DtmfDigit& digit);
    void yield_ssrc(std::uint32_t peer_ssrc, TimePoint now);
    void do_duties(TimePoint now);
    void check_silence(TimePoint now);
    void note_sender_reports(Bytes compound);
    void report_lag();
    void settle_lock(TimePoint now);
    void send_rtcp(Bytes compound, TimePoint now);

    // Of every packet, in and out: together, for prefetch_to_send().
    RoomId room_;
    ParticipantId participant_;
    MediaContext* context_;
    WorkerRandom random_;
    MediaPorts ports_;
    rtp::RtpSender sender_;
    std::unique_ptr<rtp::DtmfSender> dtmf_;   // while keys are pressed
    std::unique_ptr<PacketCapture> capture_;  // while an operator wants it
    std::shared_ptr<PacketRing> shared_;      // with who takes what is not sound's
    NamedAddress named_;
    rtp::SourceLatch latch_;
    TimePoint last_sign_of_life_;
    TimePoint next_duty_{};  // the earliest of all that on_tick() looks after
    std::optional<std::uint16_t> last_sequence_;
    bool started_ = false;
    bool consents_ = false;  // with ICE: checks still come
    IpAddress told_source_;  // once started_

    AudioLeg leg_;
    SecurePath path_;

    // Of every packet that comes in: together, for prefetch_to_receive().
    AudioReceiver receiver_;
    rtp::ReceiverStatistics statistics_;
    std::optional<StreamLag> lag_;  // while it is to be told
    rtp::SourceLatch rtcp_latch_;

    // Seldom.
    rtp::RtcpSession rtcp_;
    std::unique_ptr<SecurePath> rtcp_path_;  // where RTCP has a handshake of its own (RFC 5764 §4.1)
    Duration silence_timeout_;
    std::uint16_t rtcp_count_ = 0;
    std::uint32_t seconds_ = 0;  // housekeepings so far
    TimePoint next_housekeeping_;
    int digits_told_ = 0;  // since the last housekeeping
    bool yielded_ssrc_ = false;
    bool socket_locked_ = false;
    std::optional<Endpoint> nominated_;  // with ICE
    std::optional<SharedPath> told_path_;
    std::uint64_t malformed_ = 0;
    std::uint64_t not_negotiated_ = 0;
    std::uint64_t not_handed_over_ = 0;  // who shares the port was too slow, or they were too large
};

}  // namespace rotunda::media
