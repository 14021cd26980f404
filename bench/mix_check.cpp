#include "bench/mix_check.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "codecs/audio_decoder.hpp"
#include "codecs/audio_encoder.hpp"

namespace rotunda::bench {
namespace {

// A recording as PCM, with the time each packet came.
struct Decoded {
    struct Start {
        std::size_t sample;
        TimePoint arrival;
    };
    int rate_hz = 0;
    std::vector<std::int16_t> pcm;
    std::vector<Start> packets;
};

constexpr int longest_hole = 50;  // packets; a longer one is a new stream

Decoded decode(const Recording& recording, AudioCodec codec) {
    const auto decoder = codecs::make_decoder(codec);
    Decoded out;
    out.rate_hz = decoder->rate_hz();
    std::array<std::int16_t, codecs::max_packet_samples> frame;
    std::size_t last_size = 0;
    const Recording::Packet* previous = nullptr;
    for (const auto& packet : recording.packets) {
        const auto step =
            previous ? static_cast<std::uint16_t>(packet.header.sequence - previous->header.sequence) : 1;
        if (step == 0 || step > longest_hole) continue;
        for (int lost = 1; lost < step; ++lost) out.pcm.resize(out.pcm.size() + last_size);
        const auto size = decoder->decode(packet.payload, frame);
        if (!size) continue;
        out.packets.push_back({out.pcm.size(), packet.arrival});
        out.pcm.insert(out.pcm.end(), frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(*size));
        last_size = *size;
        previous = &packet;
    }
    return out;
}

double to_ms_at(std::size_t samples, int rate_hz) {
    return 1000.0 * static_cast<double>(samples) / rate_hz;
}

double codec_ms(AudioCodec codec) {
    return to_ms_at(static_cast<std::size_t>(codecs::codec_delay_samples(codec)), audio_rate_hz(codec));
}

// The delay of every packet that begins in this second.
void add_delays(const Decoded& heard, std::size_t begin, const Signature& signature, std::size_t position,
                const Caller& talker, double own_codec_ms, std::vector<double>& delays_ms) {
    const std::size_t period = signature.period_samples();
    for (const auto& packet : heard.packets) {
        if (packet.sample < begin || packet.sample >= begin + static_cast<std::size_t>(heard.rate_hz))
            continue;
        const std::size_t said = (position + packet.sample - begin) % period;
        const auto sent = talker.sent_at(said, period, packet.arrival);
        if (sent) delays_ms.push_back(to_ms(packet.arrival - *sent) - own_codec_ms);
    }
}

void note(const HeardVoice& voice, MixFigures& figures) {
    if (voice.own) {
        ++figures.own_voices;
        figures.own_heard += voice.audible();
        figures.loudest_own_db = std::max(figures.loudest_own_db, voice.gain_db);
        return;
    }
    const bool first = figures.voices == 0;
    ++figures.voices;
    figures.missing += !voice.audible();
    figures.quietest_db = first ? voice.gain_db : std::min(figures.quietest_db, voice.gain_db);
    figures.loudest_db = first ? voice.gain_db : std::max(figures.loudest_db, voice.gain_db);
}

}  // namespace

WitnessFigures longest_gap(const Recording& recording, AudioCodec codec) {
    const Decoded heard = decode(recording, codec);
    WitnessFigures out;
    out.seconds = to_ms_at(heard.pcm.size(), heard.rate_hz) / 1000;
    const Recording::Packet* previous = nullptr;
    for (const auto& packet : recording.packets) {
        if (previous)
            out.breaks += static_cast<std::uint16_t>(packet.header.sequence - previous->header.sequence - 1);
        previous = &packet;
    }
    // So short that a gap is told to 5 ms, and half waves of the lowest tone fit in.
    const std::size_t block = samples_in(heard.rate_hz, 5);
    const double half = 32768 * tone_amplitude / std::sqrt(2.0) / 2;
    std::size_t gap = 0, longest = 0;
    for (std::size_t at = samples_in(heard.rate_hz, 200); at + block <= heard.pcm.size(); at += block) {
        double power = 0;
        for (const std::int16_t sample : Pcm(heard.pcm).subspan(at, block)) power += double(sample) * sample;
        gap = std::sqrt(power / static_cast<double>(block)) < half ? gap + block : 0;
        longest = std::max(longest, gap);
    }
    out.longest_gap_ms = to_ms_at(longest, heard.rate_hz);
    return out;
}

void check_mix(const Caller& listener, const std::vector<RoomTalker>& talkers, AudioCodec codec,
               MixFigures& figures) {
    if (!listener.recording()) return;
    ++figures.listeners;
    const Decoded heard = decode(*listener.recording(), codec);
    const auto second = static_cast<std::size_t>(heard.rate_hz);
    // The decoder needs a little to warm up.
    for (std::size_t begin = second / 5; begin + second <= heard.pcm.size(); begin += second) {
        ++figures.seconds;
        for (const RoomTalker& talker : talkers) {
            const Signature signature(talker.number % distinct_signatures, heard.rate_hz);
            const auto found = signature.find(Pcm(heard.pcm).subspan(begin, second));
            HeardVoice voice;
            voice.gain_db = 20 * std::log10(std::max(found.amplitude, 1e-6) / tone_amplitude);
            voice.own = talker.caller == &listener;
            note(voice, figures);
            if (!voice.own && voice.audible())
                add_delays(heard, begin, signature, found.position, *talker.caller, codec_ms(talker.codec),
                           figures.delays_ms);
        }
    }
}

}  // namespace rotunda::bench
