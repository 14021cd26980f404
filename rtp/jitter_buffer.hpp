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
#include "rtp/delay_control.hpp"
#include "rtp/delay_window.hpp"
#include "rtp/media_timeline.hpp"
#include "rtp/payload_pool.hpp"
#include "rtp/rtp_packet.hpp"

namespace rotunda::rtp {

// What the owner knows of a packet from its payload type and its first octets.
struct AudioPacketInfo {
    Duration duration{};  // of the audio inside; 0: not known, or none (comfort noise)
    int clock_hz = 8000;  // of the time stamps
    // Comfort noise (RFC 3389) or an Opus DTX frame: the sender may pause after it.
    bool silence_follows = false;
    // The sender found no voice in it: should nothing follow, he has paused.
    bool may_pause = false;
};

// A packet in the buffer. The payload stays where it is until the next insert() or reset().
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
//   while (fifo.duration() < tick) append(decode(buffer.next(now, fifo.duration())));
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

    using Stretch = rtp::Stretch;
    enum class Action : std::uint8_t {
        play,     // decode `packet`; of a comfort-noise packet take the level, append nothing and ask again
        recover,  // the packet before `packet` is lost: decode `packet`'s forward error correction for it,
                  // else conceal
        conceal,  // a packet is missing
        silence,  // nothing was said: comfort noise or zeros
    };
    struct Step {
        Action action = Action::silence;
        BufferedPacket packet;  // play, recover
        // What to append. play: as given to insert(), the decoder knows better; the others: make exactly this
        // much.
        Duration duration{};
        Stretch stretch = Stretch::none;  // play only
        Duration stretch_by{};            // see StretchWish
    };
    // `now`: the tick's deadline, not the moment it got to run (a late worker is no slack of the network's).
    // `buffered`: PCM in the FIFO. Each call makes progress: after at most a few calls the FIFO holds a tick.
    Step next(TimePoint now, Duration buffered);

    // Where the next packet will be stored, and what goes for it: a hint to the processor.
    void prefetch_next() const;

    // The owner's tick changed (10 or 20 ms). The schedule stays where it is.
    void set_tick(Duration tick);

    // Lip sync: from now on what comes waits so much longer than it has to; the schedule moves there, and
    // back, as it does for a network that became slower.
    void hold_back(Duration by) { held_back_ = by; }

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
        std::uint64_t concealed = 0;    // conceal steps, less those that turned out to fill a sender's pause
        std::uint64_t recovered = 0;    // recover steps
        std::uint64_t accelerated = 0;  // wishes
        std::uint64_t expanded = 0;     // wishes
    };
    const Counters& counters() const { return counters_; }
    // Arrival to playout of a packet's first sample, mean over all packets played.
    Duration mean_delay() const;
    // How much later than the fastest the slowest packet of the window came: what the buffer covers now.
    Duration target_delay() const { return window_.spread(); }
    // So long before the tick that plays them come the slowest packets of the window; nullopt while nothing
    // is played, or too few have come to say.
    std::optional<Duration> slack() const { return slack_; }
    // Two seconds of packets stand behind it.
    bool is_sure_of_slack() const { return window_.is_full(); }
    // Packets waiting.
    std::size_t size() const { return waiting_; }

  private:
    static constexpr std::int64_t slot_count = 64;
    static constexpr std::size_t longest_history = 16;
    enum class SlotState : std::uint8_t { empty, waiting, played };
    struct Slot {
        SlotState state = SlotState::empty;
        bool filler = false;  // counts as received, carries no audio
        PayloadPool::Block block;
        std::int64_t number = 0;  // extended sequence number
        Duration media{};
        BufferedPacket packet;
    };

    // Push half.
    Inserted place(const RtpHeader& header, Bytes payload, const AudioPacketInfo& info, TimePoint arrival);
    Inserted place_filler(const RtpHeader& header);
    std::optional<std::int64_t> locate(const RtpHeader& header);
    std::optional<Inserted> refuse_old(std::int64_t number);
    void begin(const RtpHeader& header);
    void claim(std::int64_t number);
    bool store(Slot& slot, Bytes payload);
    void learn(std::int64_t number, const MediaTimeline::Place& place, Duration duration, TimePoint arrival);
    Inserted discard();

    // Pull half.
    Slot* first_waiting();
    Step fill_gap(Slot& slot, Duration gap, TimePoint now, Duration buffered);
    Step play(Slot& slot, TimePoint now, Duration buffered);
    Step play_when_due(Slot& slot, TimePoint now, Duration buffered);
    Step run_dry(Duration buffered);
    Step conceal(Duration duration);
    void settle_concealment(const Slot& slot);
    Step silence(Duration buffered);
    void skip_fillers();
    void drop_excess();

    Slot& slot_of(std::int64_t number) { return (*slots_)[static_cast<std::size_t>(number % slot_count)]; }
    const Slot& slot_of(std::int64_t number) const {
        return (*slots_)[static_cast<std::size_t>(number % slot_count)];
    }
    void advance_to(std::int64_t number);
    void resume_afresh();
    void remember(std::int64_t number);
    void forget_oldest();
    void release(Slot& slot);

    Config config_;
    std::unique_ptr<std::array<Slot, slot_count>> slots_;
    PayloadPool pool_;
    DelayWindow window_;
    DelayControl control_;
    MediaTimeline timeline_;

    std::optional<std::uint32_t> ssrc_;
    std::int64_t newest_ = 0;               // highest number seen
    std::int64_t next_ = 0;                 // first number not yet played, recovered or given up
    std::optional<std::uint16_t> restart_;  // what would follow the packet that was far out of sequence
    TimePoint last_arrival_{};
    Duration held_back_{};                            // every packet counts as having come so much later
    Duration frame_ = std::chrono::milliseconds(20);  // of the last packet that told

    bool started_ = false;    // something has been played since the stream began
    bool silent_ = true;      // nothing is being said: a missing packet is no loss
    Duration play_end_{};     // media time where the last packet played ends
    Duration covered_{};      // concealed since
    bool may_pause_ = false;  // the last packet played said so
    // Conceal steps since, of which the next packet tells: lost, late or a pause.
    std::uint64_t unexplained_ = 0;

    // Numbers of played packets still stored, oldest first.
    std::array<std::int64_t, longest_history> history_{};
    std::size_t history_size_ = 0;
    std::size_t waiting_ = 0;
    Counters counters_;
    std::optional<Duration> slack_;
    std::uint64_t played_ = 0;
    Duration delay_sum_{};
};

}  // namespace rotunda::rtp
