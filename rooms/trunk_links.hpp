// What the trunks are told besides calls: REGISTER and OPTIONS, each by its own state machine, and what keeps
// the way open by which they reach us. Signaling thread; works through the user agent.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "rooms/flow_keep_alive.hpp"
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
    // A stream connection is gone. Where one of these registered over it, no call comes in before it has done
    // so anew.
    void on_connection_lost(sip::ConnectionId connection, TimePoint now);
    // What keeps connections and NATs open (RFC 5626 §4.4); no SIP.
    std::vector<KeepAlive> take_keep_alives() { return std::exchange(keep_alives_, {}); }

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
        FlowKeepAlive keep_alive;
        bool outbound = false;  // RFC 5626, as long as nobody on the way is in its way
        bool pong_due = false;  // the registrar knows of keep-alives
        sip::Flow flow = {};    // by which the registrar answered, and is to reach us
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
    static void add_contact(Link& link, sip::NameAddr contact, const sip::Flow& flow,
                            sip::ExtraHeaders& headers);
    void report(Link& link, TimePoint now);
    void keep_open(Link& link, const sip::RequestAnswered& answer, TimePoint now);
    void keep_alive(Link& link, TimePoint now);

    const TrunkTable& trunks_;
    sip::UserAgent& agent_;
    RouteFinder& routes_;
    RandomSource& random_;
    LogSink& log_;
    std::vector<std::unique_ptr<Link>> links_;
    std::vector<KeepAlive> keep_alives_;
};

}  // namespace rotunda::rooms
