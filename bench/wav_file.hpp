// Reads the only kind of WAV file the talkers need: mono, 16 bit PCM.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/result.hpp"

namespace rotunda::bench {

struct Wav {
    int rate_hz = 0;  // 8000, 16000 or 48000
    std::vector<std::int16_t> samples;
};

Result<Wav> parse_wav(Bytes bytes);
Result<Wav> read_wav(const std::string& path);

}  // namespace rotunda::bench
