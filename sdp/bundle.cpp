#include "sdp/bundle.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "base/text.hpp"
#include "sdp/attributes.hpp"
#include "sdp/offer_answer_lines.hpp"

namespace rotunda::sdp {
namespace {

// Of the categories IDENTICAL and TRANSPORT (RFC 8859) those we read or write, but for rtcp-mux.
constexpr std::array<std::string_view, 6> transport_attributes = {"ice-ufrag",   "ice-pwd", "candidate",
                                                                  "fingerprint", "setup",   "tls-id"};

void take_over(std::vector<Attribute>& own, const std::vector<Attribute>& tagged, std::string_view name) {
    if (find(own, name)) return;
    std::copy_if(tagged.begin(), tagged.end(), std::back_inserter(own),
                 [&](const Attribute& a) { return iequals(a.name, name); });
}

bool is_of_transport(const Attribute& a) {
    return std::any_of(transport_attributes.begin(), transport_attributes.end(),
                       [&](std::string_view name) { return iequals(a.name, name); });
}

// Whose transport the bundle has: the first line of the list that is open by itself.
const Media* tagged_line(const SessionDescription& session, const std::vector<std::string>& bundle) {
    for (const std::string& mid : bundle)
        for (const Media& line : session.media)
            if (line.port != 0 && mid_of(line) == mid) return &line;
    return nullptr;
}

}  // namespace

bool is_bundle_only(const Media& line) {
    return find(line.attributes, "bundle-only") != nullptr;
}

std::vector<std::string> bundle_of(const SessionDescription& session, const Media& line) {
    const std::string mid = mid_of(line);
    for (const Attribute& a : session.attributes) {
        if (mid.empty() || !iequals(a.name, "group")) continue;
        auto group = parse_group(a.value);
        if (group && iequals(group->semantics, "BUNDLE") &&
            std::find(group->mids.begin(), group->mids.end(), mid) != group->mids.end())
            return std::move(group->mids);
    }
    return {};
}

bool share_a_bundle(const SessionDescription& session, const Media& a, const Media& b) {
    const std::vector<std::string> bundle = bundle_of(session, a);
    return std::find(bundle.begin(), bundle.end(), mid_of(b)) != bundle.end();
}

SessionDescription with_bundles_spelled_out(SessionDescription session) {
    const SessionDescription given = session;
    for (std::size_t i = 0; i < given.media.size(); ++i) {
        Media& line = session.media[i];
        const Media* const tagged = tagged_line(given, bundle_of(given, given.media[i]));
        const bool waits = line.port == 0 && is_bundle_only(line);
        if (!tagged || tagged == &given.media[i] || (line.port == 0 && !waits)) continue;
        copy_transport(*tagged, line);
        take_over(line.attributes, tagged->attributes, "rtcp-mux");
        if (!waits) continue;
        line.port = tagged->port;
        line.connection = tagged->connection;
    }
    return session;
}

void copy_transport(const Media& from, Media& to) {
    for (const std::string_view name : transport_attributes) take_over(to.attributes, from.attributes, name);
}

void settle_on_tagged(SessionDescription& offer, std::size_t audio, std::size_t video) {
    const std::vector<std::string> bundle = bundle_of(offer, offer.media[audio]);
    const auto place = [&](std::size_t line) {
        return std::find(bundle.begin(), bundle.end(), mid_of(offer.media[line]));
    };
    const bool led_by_video = place(video) < place(audio);
    const Media& tagged = offer.media[led_by_video ? video : audio];
    Media& other = offer.media[led_by_video ? audio : video];
    std::erase_if(other.attributes, is_of_transport);
    copy_transport(tagged, other);
}

void leave_to_tagged(SessionDescription& session, const std::vector<std::string>& bundle) {
    for (Media& line : session.media) {
        const auto at = std::find(bundle.begin(), bundle.end(), mid_of(line));
        if (at == bundle.end() || at == bundle.begin()) continue;
        std::erase_if(line.attributes, is_of_transport);
    }
}

}  // namespace rotunda::sdp
