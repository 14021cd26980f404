// From whom somebody wants to call to the INVITEs that call him: a user's contacts, a number through its
// trunk, or a SIP address as it stands. Every call the focus makes passes here, those a 3xx or a REFER asked
// for too.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "accounts/registrar.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "rooms/outgoing_leg.hpp"
#include "rooms/room_registry.hpp"
#include "rooms/route_finder.hpp"
#include "rooms/trunk.hpp"
#include "rooms/trunk_links.hpp"
#include "signaling/uri.hpp"

namespace rotunda::rooms {

class OutboundRouting {
  public:
    // All that is referred to outlives it.
    OutboundRouting(const TrunkTable& trunks, const TrunkLinks& links, sdp::Capabilities media,
                    RouteFinder& routes);

    // Where our users are, and the realm they are users of; outlives it. Without it we have none.
    void set_registrar(const accounts::Registrar* registrar) { registrar_ = registrar; }

    // What is offered from now on where a trunk does not say otherwise.
    void set_media(sdp::Capabilities media) { media_ = std::move(media); }

    // What rooms demand of calls they make; outlives it. Without it they demand nothing.
    void set_rooms(const RoomRegistry* rooms) { rooms_ = rooms; }

    // Says how many calls go out through this trunk now (empty: any), on that account (empty: any); without
    // it none do.
    using OpenCalls = std::function<std::size_t(std::string_view trunk, std::string_view account)>;
    void set_open_calls(OpenCalls open) { open_ = std::move(open); }
    // Who has no entry falls under "*"; without that nothing but the trunks' own limits counts.
    using CallerRules = std::map<std::string, CallerRule, std::less<>>;
    void set_rules(CallerRules rules) { rules_ = std::move(rules); }
    // Says what minute of the week, from Monday, it is where we are; without it, it is always the first.
    void set_calendar(std::function<int(TimePoint)> calendar) { calendar_ = std::move(calendar); }

    // All that are to ring at once. `room` is who calls, as a user part.
    Result<std::vector<OutgoingLeg>, DialRefusal> legs_to(const sip::Uri& target, std::string_view room,
                                                          const DialOrigin& origin, TimePoint now);
    std::vector<TollAlarm> take_alarms() { return tolls_.take_alarms(); }

    // The way the next hop's name was found to lead; From and Contact name us as we are known there. A
    // refusal: it leads to a trunk, which does not take this call.
    std::optional<DialRefusal> go_by(OutgoingLeg& leg, const sip::Flow& way, TimePoint now);

  private:
    Result<OutgoingLeg, DialRefusal> through(const Trunk& trunk, std::string_view number,
                                             std::string_view room);
    Result<OutgoingLeg, DialRefusal> straight(const sip::Uri& target, std::string_view room,
                                              const DialOrigin& origin);
    // Find me: every phone the user has registered, those that are one by several ways as one. `secure`: only
    // those registered by sips (RFC 5630 §5.4).
    std::vector<OutgoingLeg> phones_of(std::string_view user, bool secure, std::string_view room,
                                       const DialOrigin& origin, TimePoint now);
    OutgoingLeg plain_leg(sip::Uri target, const sip::Flow& flow, std::string_view room) const;
    void encrypt(OutgoingLeg& leg, std::string_view room) const;
    void suit(OutgoingLeg& leg, const Trunk& trunk) const;
    std::optional<DialRefusal> book(OutgoingLeg& leg, const Trunk* trunk, TimePoint now);

    const TrunkTable& trunks_;
    const TrunkLinks& links_;
    sdp::Capabilities media_;
    RouteFinder& routes_;
    const accounts::Registrar* registrar_ = nullptr;
    const RoomRegistry* rooms_ = nullptr;
    OpenCalls open_;
    CallerRules rules_;
    std::function<int(TimePoint)> calendar_;
    TollGuard tolls_;
};

}  // namespace rotunda::rooms
