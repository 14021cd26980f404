// A focus with one trunk, a carrier.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "tests/rooms/focus_world.hpp"

namespace rotunda::rooms {

inline bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("+0123456789") == text.npos;
}

inline Trunk carrier() {
    Trunk trunk;
    trunk.name = "carrier";
    trunk.proxy = *sip::Uri::parse("sip:198.51.100.7:5070");
    trunk.domain = "carrier.example";
    trunk.user = "4930";
    trunk.addresses = {*IpPrefix::parse("198.51.100.0/24")};
    trunk.numbers = is_number;
    trunk.dids = {{"+49301", "conference"}};
    return trunk;
}

inline FocusSettings with(Trunk trunk) {
    FocusSettings settings = World::default_settings();
    settings.rooms.configured = {{"conference", 0}};
    settings.rooms.max_participants = 10;
    settings.trunks = TrunkTable({std::move(trunk)});
    return settings;
}

struct OnTrunk : World {
    explicit OnTrunk(Trunk trunk) : World(with(std::move(trunk))) {}
    sip::SipMessage dial(std::string_view target) {
        focus.dial("1000", *sip::Uri::parse(target), {}, now);
        run();
        const auto invites = requests(sip::Method::invite);
        return invites.empty() ? sip::SipMessage() : invites.back();
    }
    void start() {
        focus.sign_on(now);
        run();
    }
    sip::SipMessage last(sip::Method::Id method) const { return requests(method).back(); }
    void pass_focus(Duration time) {
        now += time;
        agent.on_timeout(now);
        focus.on_timeout(now);
        run();
    }
};

}  // namespace rotunda::rooms
