// The kinds of setting that say what may be dialled and spoken.
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "server/config_reading.hpp"

namespace rotunda::server::config_values {
namespace {

constexpr std::array all_codecs = {AudioCodec::opus, AudioCodec::g722, AudioCodec::pcmu, AudioCodec::pcma};

}  // namespace

Complaint RoomPattern::read(const ConfigNode& value, std::optional<Pattern>& out) {
    if (!is_scalar(value)) return want(value, "a regular expression in quotes");
    if (value.text.empty()) {
        out.reset();
        return std::nullopt;
    }
    auto pattern = Pattern::compile(value.text);
    if (!pattern) return complain(value, fmt::format("{}: {}", shown(value.text), pattern.error().message));
    out = std::move(*pattern);
    return std::nullopt;
}
std::string RoomPattern::print(const std::optional<Pattern>& value) {
    return quoted(value ? value->text() : std::string());
}

namespace {

Complaint read_room_name(const ConfigNode& value, std::string& out) {
    if (auto complaint = Text::read(value, out)) return complaint;
    if (out.empty()) return complain(value, "a room needs a name");
    return std::nullopt;
}

Complaint read_room(const ConfigNode& item, ConfiguredRoom& out) {
    constexpr std::string_view names[] = {"name",        "max_participants", "access",           "encryption",
                                          "owner",       "moderators",       "layout",           "view",
                                          "offer_video", "automatic_gain",   "noise_suppression"};
    if (is_scalar(item)) return read_room_name(item, out.name);
    for (const ConfigNode& member : item.children) {
        if (member.name == "name") {
            if (auto complaint = read_room_name(member, out.name)) return complaint;
        } else if (member.name == "max_participants") {
            if (auto complaint = read_count(member, 1, 1'000'000, out.max_participants.emplace()))
                return complaint;
        } else if (member.name == "access") {
            if (auto complaint = AccessName::read(member, out.access.emplace())) return complaint;
        } else if (member.name == "encryption") {
            if (auto complaint = EncryptionName::read(member, out.encryption.emplace())) return complaint;
        } else if (member.name == "owner") {
            if (auto complaint = Text::read(member, out.authority.owner)) return complaint;
        } else if (member.name == "moderators") {
            if (auto complaint = read_list(member, "list of users", out.authority.moderators, Text::read))
                return complaint;
        } else if (member.name == "layout") {
            if (auto complaint = LayoutName::read(member, out.layout.emplace())) return complaint;
        } else if (member.name == "view") {
            if (auto complaint = ViewName::read(member, out.view.emplace())) return complaint;
        } else if (member.name == "offer_video") {
            if (auto complaint = OfferName::read(member, out.offer_video.emplace())) return complaint;
        } else if (member.name == "automatic_gain") {
            if (auto complaint = Switch::read(member, out.automatic_gain.emplace())) return complaint;
        } else if (member.name == "noise_suppression") {
            if (auto complaint = Switch::read(member, out.noise_suppression.emplace())) return complaint;
        } else {
            return not_one_of({ConfigNode::Kind::scalar, member.line, {}, member.name, {}}, names);
        }
    }
    if (out.name.empty()) return complain(item, "a room needs a name");
    return std::nullopt;
}

}  // namespace

Complaint RoomList::read(const ConfigNode& value, std::vector<ConfiguredRoom>& out) {
    std::vector<ConfiguredRoom> rooms;
    if (auto complaint = read_list(value, type, rooms, read_room)) return complaint;
    for (std::size_t i = 0; i < rooms.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (rooms[i].name == rooms[j].name)
                return complain(value, fmt::format("room {} is listed twice", shown(rooms[i].name)));
    out = std::move(rooms);
    return std::nullopt;
}
std::string RoomList::print(const std::vector<ConfiguredRoom>& value) {
    return print_list(value, [](const ConfiguredRoom& room) {
        std::string text = fmt::format("{{name: {}", quoted(room.name));
        if (room.max_participants) text += fmt::format(", max_participants: {}", *room.max_participants);
        if (room.access) text += ", access: " + AccessName::print(*room.access);
        if (room.encryption) text += ", encryption: " + EncryptionName::print(*room.encryption);
        if (!room.authority.owner.empty()) text += ", owner: " + quoted(room.authority.owner);
        if (!room.authority.moderators.empty())
            text += ", moderators: " + print_list(room.authority.moderators, quoted);
        if (room.layout) text += ", layout: " + LayoutName::print(*room.layout);
        if (room.view) text += ", view: " + ViewName::print(*room.view);
        if (room.offer_video) text += ", offer_video: " + OfferName::print(*room.offer_video);
        if (room.automatic_gain) text += ", automatic_gain: " + Switch::print(*room.automatic_gain);
        if (room.noise_suppression) text += ", noise_suppression: " + Switch::print(*room.noise_suppression);
        return text.find(", ") == text.npos ? quoted(room.name) : text + "}";
    });
}

Complaint Codecs::read(const ConfigNode& value, std::vector<AudioCodec>& out) {
    std::array<std::string_view, all_codecs.size()> names;
    std::transform(all_codecs.begin(), all_codecs.end(), names.begin(),
                   [](AudioCodec codec) { return encoding_name(codec); });
    std::vector<AudioCodec> codecs;
    auto complaint =
        read_list(value, type, codecs, [&](const ConfigNode& item, AudioCodec& codec) -> Complaint {
            if (!is_scalar(item)) return want(item, type);
            const auto at =
                std::find_if(names.begin(), names.end(), [&](auto name) { return iequals(name, item.text); });
            if (at == names.end()) return not_one_of(item, names);
            codec = all_codecs[static_cast<std::size_t>(at - names.begin())];
            return std::nullopt;
        });
    if (complaint) return complaint;
    if (codecs.empty()) return complain(value, "at least one codec is needed");
    for (auto codec = codecs.begin(); codec != codecs.end(); ++codec)
        if (std::find(codecs.begin(), codec, *codec) != codec)
            return complain(value, "a codec is listed twice");
    out = std::move(codecs);
    return std::nullopt;
}
std::string Codecs::print(const std::vector<AudioCodec>& value) {
    return print_list(value, [](AudioCodec codec) { return std::string(encoding_name(codec)); });
}

}  // namespace rotunda::server::config_values
