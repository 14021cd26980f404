// The voice bits of Opus packets that are more than one mono frame of 20 ms, as libopus makes them.
#include <doctest/doctest.h>
#include <opus/opus.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "base/random.hpp"
#include "codecs/opus_packet.hpp"
#include "codecs/range_decoder.hpp"
#include "tests/codecs/signal.hpp"

using namespace rotunda;
using namespace rotunda::codecs;
using test::Samples;

namespace {

using Payload = std::vector<std::uint8_t>;

struct Destroy {
    void operator()(OpusEncoder* e) const { opus_encoder_destroy(e); }
    void operator()(OpusRepacketizer* r) const { opus_repacketizer_destroy(r); }
};

struct Sender {
    int frame_ms = 20;
    int channels = 1;
    int bandwidth = OPUS_BANDWIDTH_WIDEBAND;
    int bit_rate = 16000;  // of each channel
    bool fec = false;
    bool dtx = false;
    bool constant = false;
};

// A word, and then 600 ms of digital silence, again and again.
Samples words() {
    Samples pcm = test::speech("ca01_48k.wav").samples;
    for (std::size_t i = 0; i < pcm.size(); ++i)
        if (i / 48 % 1200 >= 600) pcm[i] = 0;
    return pcm;
}

std::vector<Payload> encode(const Sender& sender, const Samples& pcm) {
    int error = 0;
    const std::unique_ptr<OpusEncoder, Destroy> encoder(
        opus_encoder_create(48000, sender.channels, OPUS_APPLICATION_VOIP, &error));
    REQUIRE(error == OPUS_OK);
    opus_encoder_ctl(encoder.get(), OPUS_SET_BITRATE(sender.bit_rate * sender.channels));
    opus_encoder_ctl(encoder.get(), OPUS_SET_BANDWIDTH(sender.bandwidth));
    opus_encoder_ctl(encoder.get(), OPUS_SET_FORCE_CHANNELS(sender.channels));
    opus_encoder_ctl(encoder.get(), OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    opus_encoder_ctl(encoder.get(), OPUS_SET_INBAND_FEC(sender.fec ? 1 : 0));
    opus_encoder_ctl(encoder.get(), OPUS_SET_PACKET_LOSS_PERC(sender.fec ? 20 : 0));
    opus_encoder_ctl(encoder.get(), OPUS_SET_DTX(sender.dtx ? 1 : 0));
    opus_encoder_ctl(encoder.get(), OPUS_SET_VBR(sender.constant ? 0 : 1));
    const auto frame = static_cast<std::size_t>(48 * sender.frame_ms);
    const auto channels = static_cast<std::size_t>(sender.channels);
    Samples block(frame * channels);
    std::vector<Payload> payloads;
    for (std::size_t at = 0; at + frame <= pcm.size(); at += frame) {
        // On the right the same voice, later and softer.
        for (std::size_t i = 0; i < frame; ++i) {
            block[i * channels] = pcm[at + i];
            if (channels == 2)
                block[2 * i + 1] = static_cast<std::int16_t>(at + i < 40 ? 0 : pcm[at + i - 40] / 2);
        }
        Payload payload(4000);
        const int size =
            opus_encode(encoder.get(), block.data(), static_cast<int>(frame), payload.data(), 4000);
        REQUIRE(size > 0);
        payload.resize(static_cast<std::size_t>(size));
        payloads.push_back(std::move(payload));
    }
    return payloads;
}

struct Bits {
    bool voice = false;
    bool fec = false;
};

// As a decoder reads the head of a SILK layer: one symbol after the other (RFC 6716 §4.2.3).
Bits decoded_bits(Bytes frame, int silk_frames, int channels) {
    Bits bits;
    RangeDecoder decoder(frame);
    for (int channel = 0; channel < channels; ++channel) {
        for (int i = 0; i < silk_frames; ++i) bits.voice |= decoder.bit(1);
        bits.fec |= decoder.bit(1);
    }
    return bits;
}

// Of a whole packet, each of whose frames has so many SILK frames.
Bits decoded_bits(const Payload& packet, int silk_frames, int channels) {
    std::array<const unsigned char*, 48> frames{};
    std::array<opus_int16, 48> sizes{};
    const int count = opus_packet_parse(packet.data(), static_cast<opus_int32>(packet.size()), nullptr,
                                        frames.data(), sizes.data(), nullptr);
    REQUIRE(count > 0);
    Bits all;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
        if (sizes[i] == 0) continue;
        const Bits bits =
            decoded_bits(Bytes(frames[i], static_cast<std::size_t>(sizes[i])), silk_frames, channels);
        all.voice |= bits.voice;
        if (i == 0) all.fec = bits.fec;
    }
    return all;
}

// What of the packets was what.
struct Seen {
    int voiced = 0, unvoiced = 0, with_fec = 0, without_fec = 0;

    void add(const OpusPacketInfo& info) {
        ++(*info.voice ? voiced : unvoiced);
        ++(info.has_fec ? with_fec : without_fec);
    }
};

Payload joined(const std::vector<Payload>& singles, std::size_t first, std::size_t count) {
    const std::unique_ptr<OpusRepacketizer, Destroy> repacketizer(opus_repacketizer_create());
    for (std::size_t i = first; i < first + count; ++i)
        REQUIRE(opus_repacketizer_cat(repacketizer.get(), singles[i].data(),
                                      static_cast<opus_int32>(singles[i].size())) == OPUS_OK);
    Payload packet(8000);
    const opus_int32 size = opus_repacketizer_out(repacketizer.get(), packet.data(), 8000);
    REQUIRE(size > 0);
    packet.resize(static_cast<std::size_t>(size));
    return packet;
}

// Only frames of one table of contents go into one packet.
bool can_join(const std::vector<Payload>& singles, std::size_t first, std::size_t count) {
    return std::all_of(singles.begin() + static_cast<std::ptrdiff_t>(first),
                       singles.begin() + static_cast<std::ptrdiff_t>(first + count),
                       [&](const Payload& p) { return (p[0] & 0xFC) == (singles[first][0] & 0xFC); });
}

}  // namespace

TEST_CASE("SILK frames of every length, mono and stereo, with FEC and without, show what a decoder reads") {
    const Samples pcm = words();
    for (const int frame_ms : {10, 20, 40, 60}) {
        for (const int channels : {1, 2}) {
            for (const bool fec : {false, true}) {
                CAPTURE(frame_ms);
                CAPTURE(channels);
                CAPTURE(fec);
                Seen seen;
                for (const Payload& packet : encode({.frame_ms = frame_ms,
                                             .channels = channels,
                                             .bit_rate = fec ? 24000 : 16000,
                                             .fec = fec},
                                                    pcm)) {
                    const auto info = inspect_opus(packet);
                    REQUIRE(info);
                    REQUIRE(info->mode == OpusMode::silk);
                    REQUIRE(info->stereo == (channels == 2));
                    REQUIRE(info->frames == 1);
                    REQUIRE(info->samples == static_cast<std::size_t>(48 * frame_ms));
                    const Bits bits = decoded_bits(packet, std::max(1, frame_ms / 20), channels);
                    REQUIRE(info->voice == bits.voice);
                    REQUIRE(info->has_fec == bits.fec);
                    seen.add(*info);
                }
                CHECK(seen.voiced > 20);
                CHECK(seen.unvoiced > 5);
                CHECK((seen.with_fec > 10) == fec);
            }
        }
    }
}

TEST_CASE("a word shows in a long packet wherever in it the word stands, and silence does not") {
    const Samples speech = test::speech("ca01_48k.wav").samples;
    constexpr std::size_t third = 960, packet_length = 3 * third;
    for (std::size_t place = 0; place < 3; ++place) {
        CAPTURE(place);
        // Every tenth packet has 20 ms of a loud voice in it.
        Samples pcm(200 * packet_length);
        for (std::size_t packet = 5; packet < 200; packet += 10)
            std::copy_n(speech.begin() + 24000 + static_cast<std::ptrdiff_t>(packet % 70 * third), third,
                        pcm.begin() + static_cast<std::ptrdiff_t>(packet * packet_length + place * third));
        const auto packets = encode({.frame_ms = 60}, pcm);
        int found = 0;
        for (std::size_t i = 5; i + 1 < packets.size(); i += 10)
            // The encoder looks ahead and lags: the word may end in the next packet.
            found += *inspect_opus(packets[i])->voice || *inspect_opus(packets[i + 1])->voice;
        CHECK(found >= 16);
        for (std::size_t i = 9; i < packets.size(); i += 10) REQUIRE_FALSE(*inspect_opus(packets[i])->voice);
    }
}

TEST_CASE("several frames in a packet, of any code, show the voice of any of them and the FEC of the first") {
    const Samples pcm = words();
    SeededRandom random(11);
    std::array<int, 4> codes{};
    int with_dtx = 0;
    Seen seen;
    for (const Sender& sender :
         {Sender{.bit_rate = 24000, .fec = true}, Sender{.constant = true},
          Sender{.channels = 2, .bit_rate = 24000, .fec = true}, Sender{.dtx = true},
          Sender{.frame_ms = 40, .channels = 2, .dtx = true}, Sender{.frame_ms = 10},
          Sender{.bandwidth = OPUS_BANDWIDTH_FULLBAND, .bit_rate = 32000, .fec = true}}) {
        const std::vector<Payload> singles = encode(sender, pcm);
        const auto most = static_cast<std::size_t>(120 / sender.frame_ms);
        for (std::size_t at = 0; at < singles.size();) {
            const std::size_t count = std::min(1 + random.u32() % most, singles.size() - at);
            if (!can_join(singles, at, count)) {
                ++at;
                continue;
            }
            const Payload packet = joined(singles, at, count);
            const auto info = inspect_opus(packet);
            REQUIRE(info);
            REQUIRE(info->mode != OpusMode::celt);
            REQUIRE(info->frames == static_cast<int>(count));
            const Bits bits = decoded_bits(packet, std::max(1, sender.frame_ms / 20), sender.channels);
            REQUIRE(info->voice == bits.voice);
            REQUIRE(info->has_fec == bits.fec);
            // And as its frames said one by one.
            bool voice = false;
            bool dtx = false;
            for (std::size_t i = at; i < at + count; ++i) {
                voice |= *inspect_opus(singles[i])->voice;
                dtx |= is_opus_dtx(singles[i]);
            }
            REQUIRE(info->voice == voice);
            with_dtx += dtx && count > 1;
            ++codes[packet[0] & 3];
            seen.add(*info);
            at += count;
        }
    }
    for (const int packets : codes) CHECK(packets > 10);
    CHECK(with_dtx > 10);
    CHECK(seen.voiced > 100);
    CHECK(seen.unvoiced > 50);
    CHECK(seen.with_fec > 40);
}

TEST_CASE("a packet whose frames are all DTX has no voice and no FEC, padded or not") {
    const Payload none = {0x48};                         // one SILK frame of 20 ms, empty
    const Payload two = {0x49};                          // code 1
    const Payload three_padded = {0x4b, 0x43, 2, 0, 0};  // code 3, constant, two octets of padding
    for (const Payload& packet : {none, two, three_padded}) {
        const auto info = inspect_opus(packet);
        REQUIRE(info);
        CHECK(info->voice == false);
        CHECK_FALSE(info->has_fec);
    }
    CHECK(inspect_opus(three_padded)->frames == 3);
}
