// Any sequence of packets, events and ticks into a jitter buffer. Eight octets are one step: what, arrival,
// sequence (2), time stamp (2), length, kind.
#include "rtp/jitter_buffer.hpp"

#include <array>

#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using rotunda::fuzz::require;

namespace {

constexpr Duration tick = std::chrono::milliseconds(20);

class Driver {
  public:
    void step(ByteReader in) {
        const std::uint8_t what = in.u8();
        now_ += std::chrono::milliseconds(in.u8());
        header_.sequence =
            static_cast<std::uint16_t>(header_.sequence + (what & 1 ? in.u16() : in.u16() % 4));
        // Small steps as senders make them, or wild ones.
        const std::uint32_t ticks = in.u16();
        header_.timestamp += what & 2 ? ticks << 16 : ticks % 1024;
        const std::uint8_t length = in.u8();
        const std::uint8_t kind = in.u8();
        if (what & 4) header_.ssrc = kind % 3;
        if (what & 8) buffer_.set_tick(kind & 1 ? tick : tick / 2);
        if (what & 16) return pull();
        if (what & 32) return buffer_.insert_other(header_);
        if (what == 192) return buffer_.reset();
        insert(length, kind);
    }

  private:
    void insert(std::uint8_t length, std::uint8_t kind) {
        constexpr int clocks[] = {8000, 16000, 48000, 0};
        RtpPacket packet;
        packet.header = header_;
        packet.payload = Bytes(memory_).first(length * 6u);
        const AudioPacketInfo info{std::chrono::milliseconds(kind / 2), clocks[kind % 4], (kind & 64) != 0};
        buffer_.insert(packet, info, now_);
        require(buffer_.size() <= 64, "what waits is bounded");
    }
    void pull() {
        int steps = 0;
        while (fifo_ < tick) {
            const auto step = buffer_.next(now_, fifo_);
            require(++steps <= 200, "every tick gets its audio");
            require(step.duration >= Duration{}, "audio has no negative length");
            require(step.packet.payload.size() <= max_payload_size, "a payload is one that was inserted");
            fifo_ += step.duration;
        }
        fifo_ -= tick;
        for (std::size_t i = 0; i < buffer_.history_size(); ++i)
            require(!buffer_.history(i).payload.empty(), "the history can be decoded");
    }

    JitterBuffer buffer_;
    RtpHeader header_;
    std::array<std::uint8_t, 1536> memory_{};
    TimePoint now_{};
    Duration fifo_{};
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Driver driver;
    for (ByteReader reader({data, size}); reader.remaining() >= 8;) driver.step(ByteReader(reader.take(8)));
    return 0;
}
