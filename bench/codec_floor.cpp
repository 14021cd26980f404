#include "bench/codec_floor.hpp"

#include <time.h>

#include <algorithm>
#include <array>
#include <memory>

#include "bench/real_time.hpp"
#include "codecs/audio_decoder.hpp"
#include "codecs/audio_encoder.hpp"
#include "rtp/rtp_packet.hpp"
#include "server/clock.hpp"

namespace rotunda::bench {
namespace {

Duration cpu_of_this_thread() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

class Member {
  public:
    Member(const CallerKind& kind, int ptime_ms, TalkTrack& track)
        : track_(track), decoder_(codecs::make_decoder(kind.codec)) {
        AudioSettings settings;
        settings.codec = kind.codec;
        settings.ptime_ms = ptime_ms;
        encoder_ = codecs::make_encoder(settings);
    }

    void decode() {
        const auto& datagram = track_.at(at_++).datagram;
        const auto size = decoder_->decode(Bytes(datagram).subspan(rtp::rtp_header_size), said_);
        samples_ = size.value_or(0);
    }
    Pcm said() const { return Pcm(said_).first(samples_); }
    void encode(Pcm heard) {
        std::array<std::uint8_t, codecs::max_payload_bytes> payload;
        encoder_->encode(heard, payload);
    }

  private:
    TalkTrack& track_;
    std::size_t at_ = 0;
    std::unique_ptr<codecs::AudioDecoder> decoder_;
    std::unique_ptr<codecs::AudioEncoder> encoder_;
    std::array<std::int16_t, codecs::max_packet_samples> said_{};
    std::size_t samples_ = 0;
};

// Each hears the others, as there: what an encode costs depends on what it is given.
void turn(std::vector<Member>& room) {
    for (Member& member : room) member.decode();
    std::array<std::int16_t, codecs::max_packet_samples> mix;
    for (Member& listener : room) {
        const std::size_t samples = listener.said().size();
        for (std::size_t i = 0; i < samples; ++i) {
            int sum = 0;
            for (const Member& talker : room)
                if (&talker != &listener && i < talker.said().size()) sum += talker.said()[i];
            mix[i] = static_cast<std::int16_t>(std::clamp(sum, -32768, 32767));
        }
        listener.encode(Pcm(mix).first(samples));
    }
}

std::vector<std::vector<Member>> make_rooms(const LoadOptions& options, Voices& voices) {
    std::vector<std::vector<Member>> rooms(options.rooms);
    for (std::size_t caller = 0; caller < options.callers; ++caller) {
        const CallerKind& kind = kind_of(options, caller);
        const std::size_t room = caller % options.rooms;
        const std::size_t number = room * options.talkers + caller / options.rooms;
        rooms[room].emplace_back(kind, options.ptime_ms, voices.of(kind).talk(number));
    }
    return rooms;
}

}  // namespace

double codec_floor(const LoadOptions& options, Voices& voices,
                   const std::function<void(double done)>& progress) {
    auto rooms = make_rooms(options, voices);
    prefer_this_thread(media_priority);
    const server::SystemClock clock;
    const Duration tick = std::chrono::milliseconds(options.ptime_ms);
    const auto between = tick / static_cast<std::int64_t>(rooms.size());
    const auto ticks = options.duration / tick;
    Duration spent{};
    TimePoint deadline = clock.now();
    for (std::int64_t n = 0; n < ticks; ++n, deadline += tick) {
        for (std::size_t i = 0; i < rooms.size(); ++i) {
            sleep_until(deadline + static_cast<std::int64_t>(i) * between);
            const Duration before = cpu_of_this_thread();
            turn(rooms[i]);
            spent += cpu_of_this_thread() - before;
        }
        if (n % 50 == 0) progress(static_cast<double>(n) / static_cast<double>(ticks));
    }
    prefer_this_thread(generator_priority);
    return to_ms(spent) / (static_cast<double>(options.callers) * to_ms(tick * ticks) / 1000);
}

}  // namespace rotunda::bench
