// An owner of a user agent for simulations. He keeps a ledger of every session and holds the agent to its
// word: each session ends once and says nothing afterwards, and every answer belongs to the offer that was
// made.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "signaling/user_agent.hpp"

namespace rotunda::sip {

class SimOwner {
  public:
    // What a session waits for from its owner.
    enum class Due : std::uint8_t { nothing, call, reinvite, answer };
    struct Leg {
        Due due = Due::nothing;
        bool confirmed = false;
        int answers = 0;    // to offers of ours
        int reinvites = 0;  // by the peer
        int failed = 0;     // offers that came to nothing
        std::optional<std::string> our_offer, their_offer;
        std::optional<std::string> early;  // what we said of the session in a provisional response
        std::optional<bool> alive;
        std::optional<SessionEnded> end;
    };

    SimOwner(std::string name, RandomSource& random) : agent({}, random), name_(std::move(name)) {}

    UserAgent agent;
    std::map<SessionId, Leg> legs;
    bool answers_at_once = true;     // like a focus; else only when told to
    bool retries_reinvites = false;  // as soon as ReinvitePossible says so

    void take_events(TimePoint now) {
        for (auto events = agent.take_events(); !events.empty(); events = agent.take_events())
            for (const UserAgentEvent& event : events) std::visit([&](const auto& e) { on(e, now); }, event);
    }

    // --- commands, with the ledger kept
    SessionId call(const Flow& flow, bool with_offer, TimePoint now) {
        OutgoingInvite invite;
        invite.target = Uri::sip("1000", flow.remote.address.to_host(), flow.remote.port);
        invite.from.uri = Uri::sip(name_, flow.local.address.to_host(), flow.local.port);
        invite.contact.user = name_;
        invite.flow = flow;
        std::optional<std::string> offer;
        if (with_offer) offer = invite.offer = next_offer();
        const SessionId session = agent.invite(std::move(invite), now);
        legs[session].our_offer = offer;
        return session;
    }
    bool accept(SessionId session, TimePoint now) {
        Leg& leg = legs.at(session);
        const bool offers = !leg.their_offer && !leg.early;
        std::string sdp = offers ? next_offer() : describe(leg);
        if (offers) leg.our_offer = sdp;
        const bool done = agent.accept(session, sdp, now);
        if (!done && offers) leg.our_offer.reset();
        leg.early.reset();
        leg.their_offer.reset();
        leg.due = Due::nothing;
        return done;
    }
    // Early media: the answer, or our offer, in a provisional response. Both agents know 100rel.
    void ring_with_media(SessionId session, TimePoint now) {
        Leg& leg = legs.at(session);
        if (leg.due != Due::call || leg.early) return;
        const bool offers = !leg.their_offer;
        std::string sdp = offers ? next_offer() : describe(leg);
        if (!agent.ring(session, now, 183, sdp)) return;
        leg.early = sdp;
        if (offers) leg.our_offer = sdp;
    }
    bool reject(SessionId session, TimePoint now) {
        Leg& leg = legs.at(session);
        leg.their_offer.reset();
        leg.due = Due::nothing;
        return agent.reject(session, 486, {}, {}, now);
    }
    void accept_if_due(SessionId session, TimePoint now) {
        if (legs.at(session).due != Due::nothing) accept(session, now);
    }
    void reject_if_due(SessionId session, TimePoint now) {
        if (legs.at(session).due != Due::nothing) reject(session, now);
    }
    bool reinvite(SessionId session, bool with_offer, TimePoint now) {
        std::optional<std::string> offer;
        if (with_offer) offer = next_offer();
        if (!agent.reinvite(session, offer, now)) return false;
        CHECK_FALSE(legs.at(session).our_offer);
        legs.at(session).our_offer = offer;
        return true;
    }
    std::vector<SessionId> living() const {
        std::vector<SessionId> sessions;
        for (const auto& [session, leg] : legs)
            if (!leg.end) sessions.push_back(session);
        return sessions;
    }
    Leg& only() {
        REQUIRE(legs.size() == 1);
        return legs.begin()->second;
    }
    SessionId only_id() const {
        REQUIRE(legs.size() == 1);
        return legs.begin()->first;
    }

  private:
    static std::string describe(const Leg& leg) {
        return leg.early ? *leg.early : "answer to " + *leg.their_offer;
    }
    std::string next_offer() { return "offer " + std::to_string(++offers_) + " of " + name_; }

    Leg& leg_of(SessionId session) {
        REQUIRE(legs.count(session) == 1);
        Leg& leg = legs.at(session);
        CHECK_FALSE_MESSAGE(leg.end, "an event after SessionEnded");
        return leg;
    }
    void ask(SessionId session, Due due, const std::optional<std::string>& offer, TimePoint now) {
        Leg& leg = leg_of(session);
        CHECK_FALSE_MESSAGE(leg.our_offer, "an offer while ours has no answer");
        leg.due = due;
        leg.their_offer = offer;
        if (answers_at_once) accept(session, now);
    }

    void on(const IncomingInvite& event, TimePoint now) {
        REQUIRE(legs.count(event.session) == 0);
        legs[event.session];
        ask(event.session, Due::call, event.offer, now);
    }
    void on(const ReinviteReceived& event, TimePoint now) {
        ++leg_of(event.session).reinvites;
        ask(event.session, Due::reinvite, event.offer, now);
    }
    void on(const OfferInResponse& event, TimePoint now) { ask(event.session, Due::answer, event.sdp, now); }
    void on(const SdpAnswerReceived& event, TimePoint) {
        Leg& leg = leg_of(event.session);
        REQUIRE(leg.our_offer);
        CHECK(event.sdp == "answer to " + *leg.our_offer);
        leg.our_offer.reset();
        ++leg.answers;
    }
    void on(const ReinviteFailed& event, TimePoint) {
        Leg& leg = leg_of(event.session);
        leg.our_offer.reset();
        ++leg.failed;
    }
    void on(const ReinvitePossible& event, TimePoint now) {
        leg_of(event.session);
        // Another INVITE may have come between the event and its reading; the event then comes again.
        if (retries_reinvites) reinvite(event.session, true, now);
    }
    void on(const SessionRefreshDue& event, TimePoint now) {
        leg_of(event.session);
        reinvite(event.session, true, now);
    }
    void on(const SessionConfirmed& event, TimePoint) {
        Leg& leg = leg_of(event.session);
        CHECK_FALSE(leg.confirmed);
        leg.confirmed = true;
    }
    void on(const SessionEnded& event, TimePoint) { leg_of(event.session).end = event; }
    void on(const PingResult& event, TimePoint) { leg_of(event.session).alive = event.alive; }
    void on(const InviteProgress& event, TimePoint) { leg_of(event.session); }
    void on(const DigitReceived& event, TimePoint) { leg_of(event.session); }
    void on(const PictureRequested& event, TimePoint) { leg_of(event.session); }
    void on(const WayFound&, TimePoint) { FAIL("nobody asked for a way"); }
    void on(const DialogRequestReceived& event, TimePoint) { leg_of(event.session); }
    void on(const RequestAnswered&, TimePoint) {}
    void on(const RequestReceived&, TimePoint) { FAIL("a request outside of any dialog"); }

    std::string name_;
    int offers_ = 0;
};

}  // namespace rotunda::sip
