// One caller's media: sends its track a frame a turn, meters what comes, and keeps a recording if asked to.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/random.hpp"
#include "bench/media_socket.hpp"
#include "bench/receive_meter.hpp"
#include "bench/talk_track.hpp"
#include "rtp/rtp_packet.hpp"
#include "rtp/srtp_session.hpp"

namespace rotunda::bench {

// Packets as they came, to be decoded after the run.
struct Recording {
    struct Packet {
        TimePoint arrival;
        rtp::RtpHeader header;
        std::vector<std::uint8_t> payload;
    };
    std::vector<Packet> packets;
};

class Caller {
  public:
    // `track` outlives the caller; `first_frame` is where in it he begins.
    Caller(server::FileDescriptor socket, TalkTrack& track, std::size_t first_frame, RandomSource& random);

    int fd() const { return socket_.get(); }
    // Media may flow: to `remote`, with this payload type; under these keys, if there are any.
    bool begin(const Endpoint& remote, std::uint8_t payload_type, int ticks_per_frame,
               const std::optional<SrtpKeys>& keys = {});
    bool is_active() const { return active_; }
    void end() { active_ = false; }

    // The next frame of the track, unless DTX leaves it out. False if the kernel would not take it.
    bool send(TimePoint now);
    void take(Arrival arrival, int clock_hz);

    // From here on, packets count.
    void start_metering() {
        meter_ = {};
        metering_ = true;
    }
    void stop_metering() { metering_ = false; }
    // From his next turn on he says this. What he said before is forgotten.
    void say(TalkTrack& track) {
        track_ = &track;
        frame_ = 0;
        history_.clear();
    }
    void start_recording() {
        recording_ = std::make_unique<Recording>();
        recording_now_ = true;
    }
    void stop_recording() { recording_now_ = false; }

    const ReceiveMeter& meter() const { return meter_; }
    const Recording* recording() const { return recording_.get(); }
    std::uint64_t sent() const { return sent_; }

    // When the frame that holds this sample of the signature's period last went out before `before`, moved on
    // to the sample itself; none: no such frame among the last.
    std::optional<TimePoint> sent_at(std::size_t signature_sample, std::size_t period,
                                     TimePoint before) const;

  private:
    struct Sent {
        std::uint64_t frame = 0;  // of the track, counted on without end
        TimePoint time;
    };
    static constexpr std::size_t remembered = 512;

    bool transmit(Bytes datagram);

    server::FileDescriptor socket_;
    std::unique_ptr<rtp::SrtpSession> srtp_;
    TalkTrack* track_;
    std::uint64_t frame_;
    rtp::RtpHeader header_;
    std::uint32_t ticks_per_frame_ = 0;
    bool active_ = false;
    std::uint64_t sent_ = 0;
    std::vector<Sent> history_;  // a ring once it is full
    std::size_t oldest_ = 0;

    bool metering_ = false;
    ReceiveMeter meter_;
    std::unique_ptr<Recording> recording_;
    bool recording_now_ = false;
};

}  // namespace rotunda::bench
