#include "sdp/h264_parameters.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace rotunda::sdp {
namespace {

constexpr std::uint8_t baseline_idc = 66, main_idc = 77, high_idc = 100;
constexpr std::uint8_t constraint_set3 = 0x10;
constexpr H264Level level_1b = 9;
// More than any level allows is a slip of the pen; and no product of these overflows.
constexpr std::uint32_t most_macroblocks = 139'264;
constexpr std::uint32_t most_macroblocks_per_second = 16'711'680;
constexpr std::uint32_t most_kbits = 800'000;
constexpr std::size_t most_parameter_set_characters = 1024;

std::optional<std::uint32_t> hexadecimal(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (text.size() != 6 || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// Baseline without constraint_set1 would allow tools nobody uses (FMO, ASO, redundant slices): phones that
// leave the bit out mean the constrained kind.
std::optional<H264Profile> profile_of(std::uint8_t idc) {
    if (idc == baseline_idc || idc == main_idc) return H264Profile::constrained_baseline;
    if (idc == high_idc) return H264Profile::high;
    return std::nullopt;
}

// H.264 §A.3.4.1: level 1b is level_idc 11 with constraint_set3 in baseline and main, 9 in high.
H264Level level_of(std::uint8_t idc, std::uint8_t iop, std::uint8_t level_idc) {
    const bool is_1b = idc != high_idc && level_idc == 11 && (iop & constraint_set3) != 0;
    return is_1b ? level_1b : level_idc;
}

}  // namespace

std::optional<H264Parameters> H264Parameters::parse(const FormatParameters& parameters) {
    H264Parameters out;
    if (const auto text = parameters.get("profile-level-id")) {
        const auto id = hexadecimal(*text);
        if (!id) return std::nullopt;
        out.profile_octets = {static_cast<std::uint8_t>(*id >> 16), static_cast<std::uint8_t>(*id >> 8)};
        out.level = level_of(out.profile_octets[0], out.profile_octets[1], static_cast<std::uint8_t>(*id));
    }
    const auto profile = profile_of(out.profile_octets[0]);
    const std::uint32_t mode = parameters.number("packetization-mode", 0);
    if (!profile || mode > 1) return std::nullopt;
    out.profile = *profile;
    out.packetization_mode = static_cast<std::uint8_t>(mode);
    out.level_asymmetry = parameters.flag("level-asymmetry-allowed");
    out.max_fs = std::min(parameters.number("max-fs", 0), most_macroblocks);
    out.max_mbps = std::min(parameters.number("max-mbps", 0), most_macroblocks_per_second);
    out.max_br = std::min(parameters.number("max-br", 0), most_kbits);
    const auto sets = parameters.get("sprop-parameter-sets").value_or("");
    if (sets.size() <= most_parameter_set_characters) out.parameter_sets = sets;
    return out;
}

FormatParameters H264Parameters::write() const {
    const bool is_1b = level == level_1b && profile_octets[0] != high_idc;
    char id[7];
    std::snprintf(id, sizeof id, "%02x%02x%02x", profile_octets[0],
                  is_1b ? profile_octets[1] | constraint_set3 : profile_octets[1], is_1b ? 11U : level);
    FormatParameters out;
    out.set("profile-level-id", id);
    out.set("packetization-mode", packetization_mode == 1 ? "1" : "0");
    if (level_asymmetry) out.set("level-asymmetry-allowed", "1");
    if (max_fs > 0) out.set("max-fs", std::to_string(max_fs));
    if (max_mbps > 0) out.set("max-mbps", std::to_string(max_mbps));
    if (max_br > 0) out.set("max-br", std::to_string(max_br));
    if (!parameter_sets.empty()) out.set("sprop-parameter-sets", parameter_sets);
    return out;
}

H264LevelLimits H264Parameters::limits() const {
    H264LevelLimits out = limits_of(level);
    out.frame_macroblocks = std::max(out.frame_macroblocks, max_fs);
    out.macroblocks_per_second = std::max(out.macroblocks_per_second, max_mbps);
    out.kbits_per_second = std::max(out.kbits_per_second, max_br);
    return out;
}

}  // namespace rotunda::sdp
