#include "rtp/h264_nal.hpp"

#include <algorithm>
#include <string>

#include "base/base64.hpp"
#include "base/text.hpp"

namespace rotunda::rtp {
namespace {

constexpr std::size_t most_parameter_sets = 8;
constexpr std::size_t short_code = 3;

bool is_parameter_set(Bytes nal) {
    return nal_type(nal[0]) == NalType::sps || nal_type(nal[0]) == NalType::pps;
}

// Where the next 00 00 01 begins; the end of the stream if there is none.
std::size_t find_start_code(Bytes stream) {
    constexpr std::uint8_t code[short_code] = {0, 0, 1};
    return static_cast<std::size_t>(
        std::search(stream.begin(), stream.end(), std::begin(code), std::end(code)) - stream.begin());
}

}  // namespace

AnnexBReader::AnnexBReader(Bytes stream) {
    const std::size_t first = find_start_code(stream);
    if (first < stream.size()) rest_ = stream.subspan(first + short_code);
}

std::optional<Bytes> AnnexBReader::next() {
    while (!rest_.empty()) {
        const std::size_t end = find_start_code(rest_);
        Bytes nal = rest_.first(end);
        rest_ = end < rest_.size() ? rest_.subspan(end + short_code) : Bytes{};
        // The zero of a longer start code, and trailing zeros, belong to no NAL unit (§B.1.1).
        while (!nal.empty() && nal.back() == 0) nal = nal.first(nal.size() - 1);
        if (!nal.empty()) return nal;
    }
    return std::nullopt;
}

std::vector<std::uint8_t> parameter_sets_from_sdp(std::string_view sprop) {
    std::vector<std::uint8_t> out;
    for (std::size_t sets = 0; !sprop.empty() && sets < most_parameter_sets; ++sets) {
        const auto [set, rest] = split_once(sprop, ',');
        sprop = rest.value_or("");
        const auto nal = from_base64(trim(set));
        if (!nal || nal->empty() || !is_parameter_set(*nal)) continue;
        out.insert(out.end(), std::begin(start_code), std::end(start_code));
        out.insert(out.end(), nal->begin(), nal->end());
    }
    return out;
}

std::string parameter_sets_for_sdp(Bytes access_unit) {
    std::string out;
    AnnexBReader reader(access_unit);
    while (const auto nal = reader.next()) {
        if (!is_parameter_set(*nal)) continue;
        if (!out.empty()) out += ',';
        out += to_base64(*nal);
    }
    return out;
}

}  // namespace rotunda::rtp
