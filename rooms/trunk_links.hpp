// What the trunks are told besides calls: REGISTER and OPTIONS, each by its own state machine. Signaling
// thread; works through the user agent.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "rooms/outbound_registration.hpp"
#include "rooms/route_finder.hpp"
#include "rooms/trunk.hpp"
#include "signaling/user_agent.hpp"

namespace rotunda::rooms {

class TrunkLinks {
  public:
    // All outlive it.
    TrunkLinks(const TrunkTable& trunks, sip::UserAgent& agent, RouteFinder& routes, RandomSource& random,
               LogSink& log);

    // When the sockets stand, and whenever the table has changed: a trunk that is asked and told the same as
    // before keeps its registration, others give theirs back and begin anew.
    void renew(TimePoint now);
    // Takes back what is registered. Nothing is under way when idle().
    void stop(TimePoint now);
    void on_timeout(TimePoint now);
    std::optional<TimePoint> next_timeout() const;
    // False: not the answer to a request of these.
    bool on_answer(const sip::RequestAnswered& answer, TimePoint now);

    // False: the trunk was asked whether it lives and has not said so.
    bool reachable(const Trunk& trunk) const;
    bool registered(const Trunk& trunk, TimePoint now) const;
    bool idle() const;
    // What a call through it answers 401 and 407 with; none where it has no password. For one realm only:
    // behind the trunk there may be anybody.
    std::vector<sip::DigestCredentials> credentials(const Trunk& trunk) const;

  private:
    struct Link {
        Trunk trunk;
        OutboundRegistration registration;
        std::string call_id;
        std::string tag;  // of From: a registration keeps both (RFC 3261 §10.2)
        std::uint32_t cseq = 0;
        sip::Uri contact = {};        // as last registered
        sip::RequestId request = {};  // under way
        bool was_registered = false;
        bool leaving = false;    // its trunk is no longer in the table
        std::string realm = {};  // in which it knows us
    };

    const Link* find(const Trunk& trunk) const;
    void begin(const Trunk& trunk, TimePoint now);
    void drop_gone();
    void settle(Link& link, TimePoint now);
    sip::RequestId send(Link& link, OutboundRegistration::Request what, TimePoint now);
    void report(Link& link, TimePoint now);

    const TrunkTable& trunks_;
    sip::UserAgent& agent_;
    RouteFinder& routes_;
    RandomSource& random_;
    LogSink& log_;
    std::vector<std::unique_ptr<Link>> links_;
};

}  // namespace rotunda::rooms
