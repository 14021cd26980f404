// Puts the packets of one video stream in order, waits a little for what is missing and asks for it again.
// Unlike the audio jitter buffer it does not even out time: a packet whose turn it is leaves at once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "rtp/loss_list.hpp"
#include "rtp/payload_pool.hpp"
#include "rtp/rtp_packet.hpp"

namespace rotunda::rtp {

// Sans-IO; used by one thread. Its memory (0.4 MB) is taken once.
class VideoReceiveBuffer {
  public:
    static constexpr std::size_t capacity = 256;  // packets: a second at 2.5 Mbit/s

    struct Settings {
        bool nack = false;                                      // negotiated (RFC 4585 §4.2)
        Duration reorder_wait = std::chrono::milliseconds(30);  // for an overtaken packet, without NACK
        Duration repair_wait = std::chrono::milliseconds(200);  // for one asked for again
    };
    explicit VideoReceiveBuffer(const Settings& settings);

    enum class Verdict : std::uint8_t { taken, duplicate, late, too_large };
    // A valid packet of the stream, in order of arrival. Payloads above max_payload_size are refused.
    Verdict insert(const RtpHeader& header, Bytes payload, TimePoint arrival);

    struct Packet {
        RtpHeader header;
        Bytes payload;             // valid until the next insert()
        bool lost_before = false;  // the packets between this one and the one before never came
    };
    // The packet whose turn it is; call until there is none.
    std::optional<Packet> next(TimePoint now);

    // The packets to ask for now (RFC 4585 §6.2.1); none without NACK. `round_trip`: as far as known.
    std::size_t take_nacks(TimePoint now, std::optional<Duration> round_trip, std::span<std::uint16_t> out);

    // When next() or take_nacks() has something to do although no packet came.
    std::optional<TimePoint> next_timeout() const;

    // Another SSRC, or a restarted sequence. What waits is dropped.
    void reset();

    std::size_t size() const { return held_; }
    std::uint64_t packets_lost() const { return lost_; }

  private:
    struct Slot {
        bool full = false;
        std::uint16_t size = 0;
        RtpHeader header;
        TimePoint arrival{};
    };
    static std::size_t index(std::uint16_t sequence) { return sequence % capacity; }
    const Slot& at(std::uint16_t sequence) const { return slots_[index(sequence)]; }
    MutableBytes memory(std::uint16_t sequence);
    void store(const RtpHeader& header, Bytes payload, TimePoint arrival);
    void make_room(std::uint16_t sequence);
    void skip_to(std::uint16_t sequence);
    // Where the packets behind the hole begin; only if something waits.
    std::uint16_t end_of_hole() const;
    std::optional<TimePoint> hole_deadline() const;

    Settings settings_;
    std::vector<std::uint8_t> memory_;
    std::vector<Slot> slots_;
    std::size_t held_ = 0;
    bool begun_ = false;
    std::uint16_t next_ = 0;     // whose turn it is
    std::uint16_t highest_ = 0;  // newest seen
    bool lost_before_ = false;
    LossList missing_;
    std::uint64_t lost_ = 0;
};

}  // namespace rotunda::rtp
