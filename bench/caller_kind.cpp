#include "bench/caller_kind.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace rotunda::bench {
namespace {

using codecs::OpusUse;

constexpr std::size_t most_kinds = 100;
constexpr std::array<std::pair<std::string_view, CallerKind>, 6> names = {
    {{"pcmu", {AudioCodec::pcmu, OpusUse::voice}},
     {"pcma", {AudioCodec::pcma, OpusUse::voice}},
     {"g722", {AudioCodec::g722, OpusUse::voice}},
     {"opus", {AudioCodec::opus, OpusUse::voice}},
     {"opus-voip", {AudioCodec::opus, OpusUse::voice}},
     {"opus-audio", {AudioCodec::opus, OpusUse::music}}}};

// One "name" or "name:count".
bool append(std::string_view part, std::vector<CallerKind>& kinds) {
    const std::size_t colon = part.find(':');
    const std::string_view name = part.substr(0, colon);
    const auto known = std::ranges::find_if(names, [&](const auto& n) { return iequals(n.first, name); });
    const auto count = colon == std::string_view::npos
                           ? std::optional<std::size_t>(1)
                           : parse_number<std::size_t>(part.substr(colon + 1), most_kinds);
    if (known == names.end() || !count || *count == 0 || kinds.size() + *count > most_kinds) return false;
    kinds.insert(kinds.end(), *count, known->second);
    return true;
}

}  // namespace

std::string_view kind_name(const CallerKind& kind) {
    return std::ranges::find(names, kind, &std::pair<std::string_view, CallerKind>::second)->first;
}

std::optional<std::vector<CallerKind>> parse_kinds(std::string_view text) {
    std::vector<CallerKind> kinds;
    for (;;) {
        const std::size_t comma = text.find(',');
        if (!append(text.substr(0, comma), kinds)) return std::nullopt;
        if (comma == std::string_view::npos) return kinds;
        text.remove_prefix(comma + 1);
    }
}

std::string kinds_text(const std::vector<CallerKind>& kinds) {
    std::string out;
    for (auto at = kinds.begin(); at != kinds.end();) {
        const auto end = std::find_if(at, kinds.end(), [&](const CallerKind& k) { return !(k == *at); });
        if (!out.empty()) out += ',';
        out += kind_name(*at);
        if (end - at > 1) out += ':' + std::to_string(end - at);
        at = end;
    }
    return out;
}

}  // namespace rotunda::bench
