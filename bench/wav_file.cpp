#include "bench/wav_file.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>

namespace rotunda::bench {
namespace {

// The only little-endian format here; reads past the end give zero.
std::uint32_t little_endian(Bytes bytes, std::size_t at, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size && at + i < bytes.size(); ++i)
        value |= static_cast<std::uint32_t>(bytes[at + i]) << (8 * i);
    return value;
}

bool is_named(Bytes bytes, std::size_t at, std::string_view name) {
    return at + name.size() <= bytes.size() &&
           std::equal(name.begin(), name.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

Result<Wav> parse_wav(Bytes bytes) {
    if (!is_named(bytes, 0, "RIFF") || !is_named(bytes, 8, "WAVE")) return fail_with("not a WAV file");
    Wav wav;
    for (std::size_t at = 12; at + 8 <= bytes.size();) {
        const std::size_t size =
            std::min<std::size_t>(little_endian(bytes, at + 4, 4), bytes.size() - at - 8);
        const std::size_t body = at + 8;
        if (is_named(bytes, at, "fmt ")) {
            wav.rate_hz = static_cast<int>(little_endian(bytes, body + 4, 4));
            if (little_endian(bytes, body + 2, 2) != 1 || little_endian(bytes, body + 14, 2) != 16)
                return fail_with("not mono with 16 bits");
        } else if (is_named(bytes, at, "data")) {
            for (std::size_t i = 0; i + 1 < size; i += 2)
                wav.samples.push_back(static_cast<std::int16_t>(little_endian(bytes, body + i, 2)));
        }
        at = body + size + size % 2;
    }
    if (wav.rate_hz != 8000 && wav.rate_hz != 16000 && wav.rate_hz != 48000)
        return fail_with("not at 8, 16 or 48 kHz");
    if (wav.samples.size() < static_cast<std::size_t>(wav.rate_hz)) return fail_with("shorter than a second");
    return wav;
}

Result<Wav> read_wav(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    return parse_wav(bytes);
}

}  // namespace rotunda::bench
