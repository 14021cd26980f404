// PCM as the audio path passes it: mono, 16 bit, at most 60 ms.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rotunda {

using Pcm = std::span<const std::int16_t>;
using MutablePcm = std::span<std::int16_t>;

// 60 ms at 48 kHz; one AudioFrame is a value and never touches the heap.
inline constexpr std::size_t max_frame_samples = 2880;

class AudioFrame {
  public:
    AudioFrame() = default;
    AudioFrame(int rate_hz, std::size_t samples) { reset(rate_hz, samples); }

    // Sets the shape; the samples keep whatever they held.
    void reset(int rate_hz, std::size_t samples) {
        assert(samples <= max_frame_samples);
        rate_hz_ = rate_hz;
        size_ = samples;
    }

    int rate_hz() const { return rate_hz_; }
    std::size_t size() const { return size_; }
    Pcm samples() const { return {data_.data(), size_}; }
    MutablePcm samples() { return {data_.data(), size_}; }

  private:
    alignas(64) std::array<std::int16_t, max_frame_samples> data_;
    std::size_t size_ = 0;
    int rate_hz_ = 8000;
};

constexpr std::size_t samples_in(int rate_hz, int milliseconds) {
    return static_cast<std::size_t>(rate_hz) * static_cast<std::size_t>(milliseconds) / 1000;
}

}  // namespace rotunda
