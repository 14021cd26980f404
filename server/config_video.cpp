// The kinds of setting that say how pictures are made.
#include <algorithm>
#include <array>
#include <span>

#include "base/hex.hpp"
#include "base/text.hpp"
#include "server/config_reading.hpp"

namespace rotunda::server::config_values {
namespace {

constexpr std::array all_codecs = {VideoCodec::h264, VideoCodec::vp8};
constexpr std::array<std::string_view, 2> codec_names = {"H264", "VP8"};
constexpr std::array<std::string_view, 3> view_names = {"auto", "shared", "personal"};
constexpr std::array<std::string_view, 3> offer_names = {"never", "shown", "always"};
constexpr std::array<std::string_view, 2> fit_names = {"letterbox", "crop"};
constexpr std::array<std::string_view, 6> preset_names = {"ultrafast", "superfast", "veryfast",
                                                          "faster",    "fast",      "medium"};
constexpr std::array<std::string_view, 7> layout_names = {"grid",          "1+5",          "1+7", "speaker",
                                                          "speaker+strip", "side-by-side", "pip"};

// Index of the name.
Complaint read_name(const ConfigNode& value, std::string_view type, std::span<const std::string_view> names,
                    std::size_t& out) {
    if (!is_scalar(value)) return want(value, type);
    const auto at = std::find_if(names.begin(), names.end(),
                                 [&](std::string_view name) { return iequals(name, value.text); });
    if (at == names.end()) return not_one_of(value, names);
    out = static_cast<std::size_t>(at - names.begin());
    return std::nullopt;
}

template <typename Enum>
Complaint read_enum(const ConfigNode& value, std::string_view type, std::span<const std::string_view> names,
                    Enum& out) {
    std::size_t index = 0;
    if (auto complaint = read_name(value, type, names, index)) return complaint;
    out = static_cast<Enum>(index);
    return std::nullopt;
}

}  // namespace

Complaint VideoCodecs::read(const ConfigNode& value, std::vector<VideoCodec>& out) {
    std::vector<VideoCodec> codecs;
    auto complaint =
        read_list(value, type, codecs, [](const ConfigNode& item, VideoCodec& codec) -> Complaint {
            std::size_t index = 0;
            if (auto no = read_name(item, type, codec_names, index)) return no;
            codec = all_codecs[index];
            return std::nullopt;
        });
    if (complaint) return complaint;
    if (codecs.empty())
        return complain(value, "at least one codec is needed; video.enabled: false is for none");
    if (codecs.size() > all_codecs.size() || (codecs.size() == 2 && codecs[0] == codecs[1]))
        return complain(value, "a codec is listed twice");
    out = std::move(codecs);
    return std::nullopt;
}
std::string VideoCodecs::print(const std::vector<VideoCodec>& value) {
    return print_list(value, [](VideoCodec codec) { return std::string(encoding_name(codec)); });
}

Complaint OfferName::read(const ConfigNode& value, rooms::VideoOffer& out) {
    return read_enum(value, type, offer_names, out);
}
std::string OfferName::print(rooms::VideoOffer value) {
    return std::string(offer_names[static_cast<std::size_t>(value)]);
}

Complaint ViewName::read(const ConfigNode& value, media::VideoViewMode& out) {
    return read_enum(value, type, view_names, out);
}
std::string ViewName::print(media::VideoViewMode value) {
    return std::string(view_names[static_cast<std::size_t>(value)]);
}

Complaint LayoutName::read(const ConfigNode& value, mixer::LayoutKind& out) {
    return read_enum(value, type, layout_names, out);
}
std::string LayoutName::print(mixer::LayoutKind value) {
    return quoted(mixer::to_string(value));
}

Complaint FitName::read(const ConfigNode& value, mixer::Fit& out) {
    return read_enum(value, type, fit_names, out);
}
std::string FitName::print(mixer::Fit value) {
    return std::string(fit_names[static_cast<std::size_t>(value)]);
}

Complaint Colour::read(const ConfigNode& value, std::uint32_t& out) {
    if (!is_scalar(value) || value.text.size() != 7 || value.text[0] != '#') return want(value, type);
    std::uint32_t colour = 0;
    for (const char c : value.text.substr(1)) {
        const int digit = hex_value(c);
        if (digit < 0) return want(value, type);
        colour = colour * 16 + static_cast<std::uint32_t>(digit);
    }
    out = colour;
    return std::nullopt;
}
std::string Colour::print(std::uint32_t value) {
    return quoted(fmt::format("#{:06x}", value));
}

Complaint PresetName::read(const ConfigNode& value, std::string& out) {
    std::size_t index = 0;
    if (auto complaint = read_name(value, type, preset_names, index)) return complaint;
    out = preset_names[index];
    return std::nullopt;
}
std::string PresetName::print(const std::string& value) {
    return value;
}

}  // namespace rotunda::server::config_values
