#include "codecs/celt_meter.hpp"

#include <opus/opus.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <utility>

#include "codecs/range_decoder.hpp"

namespace rotunda::codecs {
namespace {

constexpr float silence_dbov = -127;
constexpr float nothing = -28;  // the energy of silence
constexpr float least_remembered = -9;

// RFC 6716 §4.3.2.1: how likely a band's energy is just what was foretold, and how fast other values grow
// unlikely, in 1/256; by frame size (2.5, 5, 10, 20 ms), by whether frames before are made use of, by band.
struct Odds {
    std::uint8_t zero, decay;
};
constexpr Odds energy_odds[4][2][celt_bands] = {
    {{{72, 127}, {65, 129}, {66, 128}, {65, 128}, {64, 128}, {62, 128}, {64, 128},
      {64, 128}, {92, 78},  {92, 79},  {92, 78},  {90, 79},  {116, 41}, {115, 40},
      {114, 40}, {132, 26}, {132, 26}, {145, 17}, {161, 12}, {176, 10}, {177, 11}},
     {{24, 179}, {48, 138}, {54, 135}, {54, 132}, {53, 134}, {56, 133}, {55, 132},
      {55, 132}, {61, 114}, {70, 96},  {74, 88},  {75, 88},  {87, 74},  {89, 66},
      {91, 67},  {100, 59}, {108, 50}, {120, 40}, {122, 37}, {97, 43},  {78, 50}}},
    {{{83, 78},  {84, 81},  {88, 75},  {86, 74},  {87, 71},  {90, 73},  {93, 74},
      {93, 74},  {109, 40}, {114, 36}, {117, 34}, {117, 34}, {143, 17}, {145, 18},
      {146, 19}, {162, 12}, {165, 10}, {178, 7},  {189, 6},  {190, 8},  {177, 9}},
     {{23, 178}, {54, 115}, {63, 102}, {66, 98},  {69, 99},  {74, 89},  {71, 91},
      {73, 91},  {78, 89},  {86, 80},  {92, 66},  {93, 64},  {102, 59}, {103, 60},
      {104, 60}, {117, 52}, {123, 44}, {138, 35}, {133, 31}, {97, 38},  {77, 45}}},
    {{{61, 90},  {93, 60},  {105, 42}, {107, 41}, {110, 45}, {116, 38}, {113, 38},
      {112, 38}, {124, 26}, {132, 27}, {136, 19}, {140, 20}, {155, 14}, {159, 16},
      {158, 18}, {170, 13}, {177, 10}, {187, 8},  {192, 6},  {175, 9},  {159, 10}},
     {{21, 178}, {59, 110}, {71, 86},  {75, 85},  {84, 83},  {91, 66},  {88, 73},
      {87, 72},  {92, 75},  {98, 72},  {105, 58}, {107, 54}, {115, 52}, {114, 55},
      {112, 56}, {129, 51}, {132, 40}, {150, 33}, {140, 29}, {98, 35},  {77, 42}}},
    {{{42, 121}, {96, 66},  {108, 43}, {111, 40}, {117, 44}, {123, 32}, {120, 36},
      {119, 33}, {127, 33}, {134, 34}, {139, 21}, {147, 23}, {152, 20}, {158, 25},
      {154, 26}, {166, 21}, {173, 16}, {184, 13}, {184, 10}, {150, 13}, {139, 15}},
     {{22, 178}, {63, 114}, {74, 82},  {84, 83},  {92, 82},  {103, 62}, {96, 72},
      {96, 67},  {101, 73}, {107, 72}, {113, 55}, {118, 52}, {125, 52}, {118, 52},
      {117, 55}, {135, 49}, {137, 39}, {157, 32}, {145, 29}, {97, 33},  {77, 40}}}};

// How much of the frame before and of the band below is expected to return, by frame size (§4.3.2.1).
struct Prediction {
    float time, frequency;
};
constexpr Prediction prediction[4] = {{29440 / 32768.F, 30147 / 32768.F},
                                      {26112 / 32768.F, 22282 / 32768.F},
                                      {21248 / 32768.F, 12124 / 32768.F},
                                      {16384 / 32768.F, 6554 / 32768.F}};
constexpr Prediction intra_prediction = {0, 4915 / 32768.F};

// What the energies are told against: log2 of a band's usual amplitude.
constexpr float usual[celt_bands] = {6.4375F, 6.25F,  5.75F,   5.3125F, 5.0625F, 4.8125F, 4.5F,
                                     4.375F,  4.875F, 4.6875F, 4.5625F, 4.4375F, 4.875F,  4.625F,
                                     4.3125F, 4.5F,   4.375F,  4.625F,  4.75F,   4.4375F, 3.75F};

// Where bands begin, and the last one ends, in steps of 200 Hz (§4.3, table 55).
constexpr int edges[celt_bands + 1] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  10, 12,
                                       14, 16, 20, 24, 28, 34, 40, 48, 60, 78, 100};
// Bands a packet codes, by its audio bandwidth: 4, 8, 12, 20 kHz.
constexpr std::size_t coded[4] = {13, 17, 19, 21};

// Level in dBov of a power of one: what the transform and the band's usual amplitude make of it. Measured,
// over all frame sizes, bit rates and bandwidths (tests/codecs/celt_meter_test.cpp).
constexpr float dbov_of_one = -93.7F;

// The encoder lifts high frequencies (§4.3.7.2, 1 - 0.85 z^-1): by how much a band's power counts for less.
std::array<float, celt_bands> falling() {
    std::array<float, celt_bands> out{};
    for (std::size_t i = 0; i < celt_bands; ++i) {
        const double hz = 100.0 * (edges[i] + edges[i + 1]);
        const double lift = 1 + 0.85 * 0.85 - 2 * 0.85 * std::cos(2 * std::numbers::pi * hz / 48000);
        out[i] = static_cast<float>(1 / lift);
    }
    return out;
}
const std::array<float, celt_bands> unlifted = falling();

// §4.3.2.1: a Laplace-like distribution in 32768 parts; far values have two parts, one for each sign.
int laplace(RangeDecoder& in, Odds odds) {
    constexpr std::uint32_t total = 32768;
    const std::uint32_t at = in.place(total);
    std::uint32_t low = 0, size = static_cast<std::uint32_t>(odds.zero) << 7;
    const std::uint32_t decay = static_cast<std::uint32_t>(odds.decay) << 6;
    int value = 0;
    if (at >= size) {
        low = size;
        size = ((total - 32 - size) * (16384 - decay) >> 15) + 1;
        for (value = 1; size > 1 && at >= low + 2 * size; ++value) {
            low += 2 * size;
            size = ((2 * size - 2) * decay >> 15) + 1;
        }
        if (size <= 1) {
            const std::uint32_t further = (at - low) / 2;
            value += static_cast<int>(further);
            low += 2 * further;
        }
        if (at < low + size)
            value = -value;
        else
            low += size;
    }
    in.take(low, std::min(low + size, total), total);
    return value;
}

// One of three, the first twice as likely as the others.
int ternary(RangeDecoder& in) {
    const std::uint32_t at = in.place(4);
    const std::uint32_t low = at < 2 ? 0 : at;
    in.take(low, at < 2 ? 2 : at + 1, 4);
    return at < 2 ? 0 : static_cast<int>(at) - 1;
}

// With few bits left the steps become rougher.
int energy_step(RangeDecoder& in, Odds odds) {
    const int left = in.size_bits() - in.used_bits();
    if (left >= 15) return laplace(in, odds);
    if (left >= 2) {
        const int step = ternary(in);
        return step == 0 ? 0 : step == 1 ? -1 : 1;
    }
    return left == 1 ? -static_cast<int>(in.bit(1)) : -1;
}

// §4.3.7.1: what has a pitch is coded without the part that returns from period to period; the decoder's
// comb puts it back. By how much the comb lifts the harmonics' power.
float post_filter_lift(RangeDecoder& in) {
    if (!in.has_bits(16) || !in.bit(1)) return 1;
    const std::uint32_t octave = in.place(6);
    in.take(octave, octave + 1, 6);
    in.raw(4 + static_cast<int>(octave));  // the period
    const float gain = 0.09375F * static_cast<float>(in.raw(3) + 1);
    if (in.has_bits(2)) ternary(in);  // the comb's shape
    return 1 / ((1 - gain) * (1 - gain));
}

}  // namespace

float CeltMeter::power_of(Bytes frame, int size_log, std::size_t coded_bands, std::size_t channels) {
    if (frame.size() < 2) return 0;  // DTX, RFC 6716 §3.1
    RangeDecoder in(frame);
    if (in.bit(15)) {
        for (Energies& each : energies_) each.fill(nothing);
        return 0;
    }
    const float lift = post_filter_lift(in);
    if (size_log > 0 && in.has_bits(3)) in.bit(3);  // transient
    const bool intra = in.has_bits(3) && in.bit(3);
    const Prediction from = intra ? intra_prediction : prediction[size_log];
    if (channels == 1)
        for (std::size_t i = 0; i < celt_bands; ++i)
            energies_[0][i] = std::max(energies_[0][i], energies_[1][i]);
    float below[2] = {}, power = 0;
    for (std::size_t i = 0; i < coded_bands; ++i)
        for (std::size_t c = 0; c < channels; ++c) {
            const auto step = static_cast<float>(energy_step(in, energy_odds[size_log][intra][i]));
            float& energy = energies_[c][i];
            energy = from.time * std::max(energy, least_remembered) + below[c] + step;
            below[c] += step - from.frequency * step;
            power += std::exp2(2 * std::min(energy + usual[i], 20.F)) * unlifted[i];
        }
    for (Energies& each : energies_)
        std::fill(each.begin() + static_cast<std::ptrdiff_t>(coded_bands), each.end(), 0.F);
    if (channels == 1) energies_[1] = energies_[0];
    return lift * power / static_cast<float>(channels);
}

float CeltMeter::level_of(Bytes packet) {
    if (std::exchange(interrupted_, false)) energies_ = {};
    const unsigned char* frames[48];
    opus_int16 sizes[48];
    if (packet.empty() || packet.size() > 0xFFFF) return silence_dbov;
    const int count = opus_packet_parse(packet.data(), static_cast<opus_int32>(packet.size()), nullptr,
                                        frames, sizes, nullptr);
    const int config = packet[0] >> 3;
    if (count <= 0 || config < 16) return silence_dbov;
    const std::size_t channels = (packet[0] & 4) != 0 ? 2 : 1;
    float power = 0;
    for (int i = 0; i < count; ++i)
        power = std::max(power, power_of({frames[i], static_cast<std::size_t>(sizes[i])}, config & 3,
                                         coded[(config >> 2) & 3], channels));
    if (power <= 0) return silence_dbov;
    return std::clamp(10 * std::log10(power) + dbov_of_one, silence_dbov, 0.F);
}

}  // namespace rotunda::codecs
