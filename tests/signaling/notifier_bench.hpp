// A notifier over a user agent in virtual time, watchers played by hand, and an owner who lets everybody
// watch.
#pragma once

#include "signaling/notifier.hpp"
#include "tests/signaling/agent_bench.hpp"

namespace rotunda::sip::notifier_test {

using namespace std::chrono_literals;

inline NotifierSettings two_packages() {
    EventPackage conference;
    conference.name = "conference";
    conference.content_type = "application/conference-info+xml";
    EventPackage refer;
    refer.name = "refer";
    refer.content_type = "message/sipfrag;version=2.0";
    refer.default_expires = 180s;
    refer.implicit = true;
    NotifierSettings settings;
    settings.packages = {conference, refer};
    return settings;
}

inline UserAgentSettings with_subscribe() {
    UserAgentSettings settings;
    settings.owner_methods = {Method::subscribe, Method::refer};
    return settings;
}

// An owner who lets everybody watch everything; the body of each NOTIFY is what stands in `body`.
struct World {
    explicit World(NotifierSettings settings = two_packages())
        : notifier(std::move(settings), bench.agent, random) {}

    SeededRandom random{5};
    AgentBench bench{with_subscribe()};
    Notifier notifier;
    std::vector<SubscriptionId> begun, over;
    std::vector<NotifyDue> dues;
    std::string body = "state";

    void receive(const PeerRequest& request) {
        bench.receive(request);
        run();
    }
    void answer(const SipMessage& notify, int status, std::string_view name = {},
                std::string_view value = {}) {
        bench.answer(notify, status, {}, {}, name, value);
        run();
    }
    void run() {
        for (bool more = true; more;) {
            const auto events = std::exchange(bench.events, {});
            for (const UserAgentEvent& event : events) handle(event);
            while (const auto due = notifier.next_due(bench.now)) {
                dues.push_back(*due);
                notifier.notify(due->subscription, body, bench.now);
            }
            for (const SubscriptionId id : notifier.take_over()) over.push_back(id);
            bench.drain();
            more = !bench.events.empty();
        }
    }
    void handle(const UserAgentEvent& event) {
        const LocalContact room{"1000", {}, {}};
        std::optional<SubscriptionId> id;
        if (const auto* request = std::get_if<RequestReceived>(&event))
            id = request->request.method() == Method::refer
                     ? notifier.open(*request, std::nullopt, room, "refer", "", bench.now)
                 : notifier.resubscribe(*request, std::nullopt, bench.now)
                     ? std::nullopt
                     : notifier.subscribe(*request, std::nullopt, room, bench.now);
        if (const auto* inside = std::get_if<DialogRequestReceived>(&event))
            id = inside->received.request.method() == Method::refer
                     ? notifier.open(inside->received, inside->session, room, "refer", "93", bench.now)
                 : notifier.resubscribe(inside->received, inside->session, bench.now)
                     ? std::nullopt
                     : notifier.subscribe(inside->received, inside->session, room, bench.now);
        if (const auto* answered = std::get_if<RequestAnswered>(&event))
            CHECK(notifier.on_answer(*answered, bench.now));
        if (id) begun.push_back(*id);
    }
    void pass(Duration time) {
        const TimePoint end = bench.now + time;
        const auto next = [&] {
            const auto a = bench.agent.next_timeout(), b = notifier.next_timeout();
            return a && b ? std::min(*a, *b) : a ? a : b;
        };
        for (auto at = next(); at && *at <= end; at = next()) {
            bench.now = std::max(bench.now, *at);
            bench.agent.on_timeout(bench.now);
            notifier.on_timeout(bench.now);
            bench.drain();
            run();
        }
        bench.now = end;
    }

    static PeerRequest subscribe(int cseq = 1, std::string extra = "Event: conference\r\n") {
        PeerRequest request;
        request.method = "SUBSCRIBE";
        request.cseq = cseq;
        request.extra = std::move(extra);
        return request;
    }
    // Another one, in a dialog of its own.
    void subscribe_as(int n, std::string contact = "<sip:bob@198.51.100.7>") {
        PeerRequest request = subscribe();
        request.call_id = "watch" + std::to_string(n);
        request.contact = std::move(contact);
        receive(request);
    }
    std::vector<SipMessage> all_notifies() const {
        std::vector<SipMessage> found;
        for (const SipMessage* notify : bench.messages(Method::notify, 0)) found.push_back(*notify);
        return found;
    }
    PeerRequest inside(int cseq, std::string extra = "Event: conference\r\n") const {
        PeerRequest request = subscribe(cseq, std::move(extra));
        request.to_tag = std::string(bench.messages(Method::subscribe, 200).at(0)->to_tag());
        return request;
    }
    // Subscribed, the first NOTIFY answered.
    void begin(std::string extra = "Event: conference\r\n") {
        receive(subscribe(1, std::move(extra)));
        REQUIRE(begun.size() == 1);
        answer(last_notify(), 200);
    }
    const SipMessage& last_notify() const {
        const auto all = bench.messages(Method::notify, 0);
        REQUIRE_FALSE(all.empty());
        return *all.back();
    }
    std::size_t notifies() const { return bench.messages(Method::notify, 0).size(); }
    std::string state() const {
        return std::string(last_notify().header(HeaderId::subscription_state).value_or(""));
    }
};

}  // namespace rotunda::sip::notifier_test
