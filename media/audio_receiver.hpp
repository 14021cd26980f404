// A leg's incoming audio from RTP payload to PCM: jitter buffer, decoders, concealment, stretching, comfort
// noise, digits. Whatever a sender does wrong ends here: he loses his own sound and nobody else's.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "base/prefetch.hpp"
#include "codecs/audio_decoder.hpp"
#include "codecs/celt_meter.hpp"
#include "codecs/comfort_noise.hpp"
#include "codecs/g722_meter.hpp"
#include "media/loudness_hint.hpp"
#include "media/pcm_fifo.hpp"
#include "media/room_command.hpp"
#include "rtp/dtmf_receiver.hpp"
#include "rtp/jitter_buffer.hpp"

namespace rotunda::media {

// Used by one media worker. No heap per packet or tick, except for a codec's decoder when it is first
// needed: most of those who listen are never decoded.
class AudioReceiver {
  public:
    // What a payload type means on this leg.
    struct PayloadKind {
        enum class Use : std::uint8_t { audio, comfort_noise, telephone_event } use = Use::audio;
        AudioCodec codec = AudioCodec::pcmu;  // audio only
        int clock_hz = 8000;
    };

    AudioReceiver(const AudioLeg& leg, Duration tick, std::uint32_t noise_seed);

    // A changed leg. The payload types it had before stay good until the next change: packets on their way
    // still carry them (RFC 3264 §8.3.2).
    void configure(const AudioLeg& leg);
    void set_tick(Duration tick) { buffer_.set_tick(tick); }

    // nullopt: not negotiated.
    std::optional<PayloadKind> kind_of(std::uint8_t payload_type) const;

    // A packet of the accepted source. Digits it completes are for the owner; audio waits in the jitter
    // buffer.
    rtp::DtmfDigits on_packet(const rtp::RtpPacket& packet, const PayloadKind& kind, TimePoint arrival);
    // A digit whose end packets were all lost, at next_timeout().
    std::optional<TimePoint> next_timeout() const { return dtmf_.next_timeout(); }
    std::optional<rtp::DtmfDigit> on_timeout(TimePoint now);

    void prefetch_ptime() const { prefetch(&ptime_ms_, 1); }
    void prefetch_packet() const { buffer_.prefetch_next(); }

    // Once a tick either pull() or skim(). `deadline`: of the tick. `block` 10 or 20 ms.
    //
    // The next block, at rate_hz(), valid until the next call; empty while nothing has ever been received.
    Pcm pull(TimePoint deadline, Duration block);
    // Lets the block pass without decoding it: for who is not heard.
    void skim(TimePoint deadline, Duration block);
    // After either of them, for who is to be heard from this tick on: his block as if he had been decoded all
    // the time, the last ten packets at least. pull()'s block is then void.
    Pcm warm(Duration block);
    int rate_hz() const { return rate_hz_; }

    // Once a tick, before them: what the packets show of their loudness; unknown: pull() and measure it.
    ShownLoudness::Tick take_loudness(Duration block) { return loudness_.take(block); }
    // After them: what they showed, and what was heard if they were decoded. From levels in the header that
    // are wrong nothing is taken any more, until the leg changes.
    void judge_marks(const ShownLoudness::Tick& shown, std::optional<float> heard, Duration block);

    // Lip sync: what comes from now on is played so much later.
    void hold_back(Duration by) { buffer_.hold_back(by); }

    // Hold, or a muted leg: what waits is dropped, what comes next starts anew.
    void reset();

    // Audio per packet as last received; 0 while unknown.
    int ptime_ms() const { return ptime_ms_; }
    const rtp::JitterBuffer& jitter_buffer() const { return buffer_; }
    std::uint64_t undecodable() const { return undecodable_; }
    // Packets, those decoded again by warm() included.
    std::uint64_t decoded() const { return decoded_; }

  private:
    using Step = rtp::JitterBuffer::Step;
    // next() makes progress at every call; this only bounds what a defect could cost.
    static constexpr int max_steps = 64;

    rtp::AudioPacketInfo inspect(const rtp::RtpPacket& packet, const PayloadKind& kind);
    codecs::AudioDecoder& decoder_for(AudioCodec codec);
    void note_loudness(const rtp::RtpPacket& packet, AudioCodec codec, const rtp::AudioPacketInfo& info);
    void use(AudioCodec codec);
    std::optional<MutablePcm> decode(const rtp::BufferedPacket& packet, MutablePcm out);
    void begin_skimming();
    void skip(const Step& step);
    void end_skimming();
    void note_unplayed(const Step& step);
    void fill_silence(Duration duration);
    void replay(Duration wanted);
    void append(const Step& step);
    void play(const Step& step);
    void recover(const Step& step);
    void conceal(Duration duration);
    void pause(Duration duration);
    void on_comfort_noise(Bytes payload);
    void stretch_into_fifo(Pcm decoded, const Step& step);
    std::size_t shorten(MutablePcm pcm, Duration by);
    std::size_t samples(Duration d) const;
    Duration buffered() const;

    // Of formats_ the first, which nearly all packets have: here, so that they touch no more memory.
    std::optional<std::uint8_t> first_type_;
    PayloadKind first_kind_;
    std::vector<AudioLeg::Format> formats_;
    std::vector<AudioLeg::Event> events_;
    std::vector<AudioLeg::Event> noises_;
    std::vector<AudioLeg::Format> earlier_formats_;
    std::uint8_t level_extension_ = 0;

    rtp::JitterBuffer buffer_;
    rtp::DtmfReceiver dtmf_;
    PcmFifo fifo_;
    codecs::ComfortNoise noise_;
    // By codec; made when first needed and kept, so that a sender who hops between codecs costs no heap.
    std::array<std::unique_ptr<codecs::AudioDecoder>, 4> decoders_;
    codecs::AudioDecoder* decoder_ = nullptr;
    int rate_hz_ = 8000;
    std::size_t taken_ = 0;  // samples the last pull() handed out
    int ptime_ms_ = 0;
    int refused_ = 0;  // wishes to shorten in a row that found nothing to take
    ShownLoudness loudness_;
    MarkTrust mark_trust_;
    std::optional<std::uint32_t> ssrc_;  // of the sound that came last
    codecs::G722Meter g722_meter_;
    codecs::CeltMeter celt_meter_;
    bool is_skimming_ = false;
    Duration skimmed_{};                // what would be left in fifo_
    Duration unplayed_{};               // what no packet filled since the last that was played
    bool pauses_ = false;               // because there was nothing to say
    std::size_t decoded_in_a_row_ = 0;  // packets
    bool heard_ = false;
    bool resuming_ = false;  // nothing has been played since reset()
    std::uint64_t undecodable_ = 0;
    std::uint64_t decoded_ = 0;
};

}  // namespace rotunda::media
