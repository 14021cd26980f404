// Where the push half (packets as they arrive) and the pull half (one tick every 10 or 20 ms) of an audio
// stream meet. Decides what to play and whether to stretch it; decoding, concealment and stretching are the
// owner's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/time.hpp"
#include "rtp/delay_window.hpp"
#include "rtp/payload_pool.hpp"
#include "rtp/rtp_packet.hpp"

namespace rotunda::rtp {

// What the owner knows of a packet from its payload type and its first octets.
struct AudioPacketInfo {
    int clock_hz = 8000;  // of the time stamps
    Duration duration{};  // of the audio inside; 0: not known, or none (comfort noise)
    bool silence_follows =
        false;  // comfort noise (RFC 3389) or an Opus DTX frame: the sender may pause after it
};

// A packet in the buffer. The payload stays where it is until the packet leaves the history (see
// Config::history).
struct BufferedPacket {
    RtpHeader header;
    AudioPacketInfo info;
    TimePoint arrival{};
    Bytes payload;
};

// One per received stream; used by one media worker; no allocation after construction.
//
// The owner keeps decoded PCM in a FIFO. Each tick it calls next() until the FIFO holds a tick's worth, then
// takes it:
//   while (fifo.duration() < tick) { auto step = buffer.next(now, fifo.duration()); ... decode, stretch,
//   append ... }
// The buffer sees the effect of a stretch in the FIFO's fill at the next call: nothing has to be reported.
//
// Delay: a packet that is there when its tick comes is played at that tick, so a clean stream waits for the
// tick only. The schedule is moved later by playing late packets (and by expanding, when the slowest packets
// come to within a hair of their tick), and earlier by accelerating, when even the slowest packet of the last
// two seconds was a whole tick too early, and when PCM is left over in the FIFO at every tick.
class JitterBuffer {
  public:
    struct Config {
        Duration tick = std::chrono::milliseconds(20);
        Duration max_delay = std::chrono::milliseconds(500);  // older audio than this is dropped
        std::size_t history = 10;  // played packets kept to warm up a decoder; 1 to 16
    };
    JitterBuffer();
    explicit JitterBuffer(const Config& config);

    enum class Inserted : std::uint8_t { stored, duplicate, late, discarded };
    // A packet of the latched source with an audio or comfort-noise payload type. Copies the payload (up to
    // 1500 octets). A new SSRC starts over. An empty payload, a keep-alive, only fills its place in the
    // sequence.
    Inserted insert(const RtpPacket& packet, const AudioPacketInfo& info, TimePoint arrival);
    // A packet of the same sequence that is no audio, such as telephone-event: its number is not a loss.
    void insert_other(const RtpHeader& header);

    enum class Action : std::uint8_t {
        play,     // decode `packet`
        recover,  // the packet before `packet` is lost: decode `packet`'s forward error correction for it,
                  // else conceal
        conceal,  // a packet is missing
        silence,  // nothing was said: comfort noise or zeros
    };
    enum class Stretch : std::uint8_t {
        none,
        accelerate,  // shorten by about one pitch period, never by more than `stretch_by`
        expand,      // lengthen by about one pitch period; `stretch_by` would be ideal, more is no harm
    };
    struct Step {
        Action action = Action::silence;
        BufferedPacket packet;  // play, recover
        // What to append. play: as given to insert(), the decoder knows better; the others: make exactly this
        // much.
        Duration duration{};
        Stretch stretch = Stretch::none;  // play only
        Duration stretch_by{};
    };
    // `now`: the tick's deadline, not the moment it got to run (a late worker is no slack of the network's).
    // `buffered`: PCM in the FIFO. Each call makes progress: after at most a few calls the FIFO holds a tick.
    Step next(TimePoint now, Duration buffered);

    // The last packets next() gave to play, oldest first, for warming up a decoder that was idle; at most
    // Config::history.
    std::size_t history_size() const { return history_size_; }
    BufferedPacket history(std::size_t index) const;

    // Forgets everything but the counters: the stream moved, was held, or changed its source.
    void reset();

    struct Counters {
        std::uint64_t received = 0;  // audio packets given to insert()
        std::uint64_t lost = 0;      // numbers that never came, or came too late to be played
        std::uint64_t late = 0;      // came after their time, played or not
        std::uint64_t duplicate = 0;
        std::uint64_t discarded = 0;    // too late, too big, overflow, far out of sequence
        std::uint64_t concealed = 0;    // conceal steps
        std::uint64_t recovered = 0;    // recover steps
        std::uint64_t accelerated = 0;  // wishes
        std::uint64_t expanded = 0;     // wishes
    };
    const Counters& counters() const { return counters_; }
    // Arrival to playout of a packet's first sample, mean over all packets played.
    Duration mean_delay() const;
    // How much later than the fastest the slowest packet of the window came: what the buffer covers now.
    Duration target_delay() const { return window_.spread(); }
    // Packets waiting.
    std::size_t size() const { return waiting_; }

  private:
    static constexpr std::size_t slot_count = 64;
    enum class SlotState : std::uint8_t { empty, waiting, played, passed };
    struct Slot {
        SlotState state = SlotState::empty;
        bool filler = false;      // counts as received, carries no audio
        std::int64_t number = 0;  // extended sequence number
        Duration media{};         // place on this stream's own time line
        PayloadPool::Block block;
        BufferedPacket packet;
    };

    Config config_;
    std::unique_ptr<std::array<Slot, slot_count>> slots_;
    PayloadPool pool_;
    DelayWindow window_;
    Counters counters_;
    std::size_t waiting_ = 0;
    std::size_t history_size_ = 0;
};

}  // namespace rotunda::rtp
