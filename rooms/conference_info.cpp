#include "rooms/conference_info.hpp"

#include "rooms/xml_text.hpp"

namespace rotunda::rooms {
namespace {

constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::string_view closing = "</users>\n</conference-info>\n";

void append_element(std::string& out, std::string_view name, std::string_view text) {
    out.append("<").append(name).append(">");
    append_xml(out, text);
    out.append("</").append(name).append(">");
}

void append_root(std::string& out, const RoomDescription& room, std::string_view state,
                 std::uint32_t version) {
    out.append(declaration);
    out.append("<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" entity=\"");
    append_xml(out, room.uri);
    out.append("\" state=\"").append(state).append("\" version=\"").append(std::to_string(version));
}

// §5.2 and §5.3.
void append_description(std::string& out, const RoomDescription& room) {
    out += "<conference-description>";
    append_element(out, "display-text", room.name);
    out += "<conf-uris><entry>";
    append_element(out, "uri", room.uri);
    append_element(out, "purpose", "participation");
    out += "</entry></conf-uris>";
    append_element(out, "maximum-user-count", std::to_string(room.max_users));
    out += "</conference-description>\n";
}

// §5.5.
void append_state(std::string& out, const ConferenceRoster& roster) {
    out += "<conference-state>";
    append_element(out, "user-count", std::to_string(roster.users()));
    append_element(out, "active", roster.users() > 0 ? "true" : "false");
    out += "</conference-state>\n";
}

std::string_view to_string(EndpointStatus status) {
    constexpr std::string_view names[] = {"connected", "on-hold", "muted-via-focus"};
    return names[static_cast<std::size_t>(status)];
}

std::string_view to_string(JoiningMethod method) {
    return method == JoiningMethod::dialed_in ? "dialed-in" : "dialed-out";
}

// §5.8.
void append_media(std::string& out, const std::vector<RosterMedia>& media) {
    for (std::size_t i = 0; i < media.size(); ++i) {
        out.append("<media id=\"").append(std::to_string(i + 1)).append("\">");
        append_element(out, "type", media[i].type);
        append_element(out, "status", to_string(media[i].direction));
        out += "</media>";
    }
}

// §5.7.
void append_endpoint(std::string& out, const RosterEntry& entry) {
    out += "<endpoint entity=\"";
    append_xml(out, entry.endpoint);
    out += "\" state=\"full\">";
    append_element(out, "status", to_string(entry.status));
    append_element(out, "joining-method", to_string(entry.joined));
    append_media(out, entry.media);
    if (entry.talking) {
        out.append("<talking xmlns=\"").append(talking_namespace).append("\">");
        out.append(*entry.talking ? "true" : "false").append("</talking>");
    }
    out += "</endpoint>";
}

}  // namespace

std::string user_element(std::string_view entity, const std::vector<const RosterEntry*>& endpoints) {
    std::string out = "<user entity=\"";
    append_xml(out, entity);
    if (endpoints.empty()) return out + "\" state=\"deleted\"/>\n";
    out += "\" state=\"full\">";
    if (const std::string& name = endpoints.back()->display_name; !name.empty())
        append_element(out, "display-text", name);
    for (const RosterEntry* endpoint : endpoints) append_endpoint(out, *endpoint);
    return out + "</user>\n";
}

ConferenceDocument write_conference_info(const RoomDescription& room, const ConferenceRoster& roster,
                                         RosterReader& reader, bool full, std::size_t most_bytes,
                                         Least least) {
    full = full || reader.read < roster.forgotten();
    if (full) reader.read = 0;
    ConferenceDocument document;
    std::string& text = document.text;
    append_root(text, room, full ? "full" : "partial", ++reader.version);
    text += "\">\n";
    if (full) append_description(text, room);
    append_state(text, roster);
    text.append("<users state=\"").append(full ? "full" : "partial").append("\">\n");
    const std::size_t head = text.size();
    for (auto change = roster.next(reader.read); change; change = roster.next(reader.read)) {
        const bool owed = least == Least::one_user && text.size() == head;
        if (!owed && text.size() + change->xml.size() + closing.size() > most_bytes) {
            document.complete = false;
            break;
        }
        // Who begins anew never heard of those who are gone.
        if (!full || !change->gone) text += change->xml;
        reader.read = change->revision;
    }
    text += closing;
    return document;
}

std::string write_conference_end(const RoomDescription& room, RosterReader& reader) {
    std::string text;
    append_root(text, room, "deleted", ++reader.version);
    return text + "\"/>\n";
}

}  // namespace rotunda::rooms
