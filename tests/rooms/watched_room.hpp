// One room with its roster, its chat and its watchers, in virtual time, without a focus: calls join and leave
// it by word of the test, everybody outside is messages.
#pragma once

#include <fmt/format.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "../signaling/agent_bench.hpp"
#include "rooms/room_chat.hpp"
#include "rooms/room_watchers.hpp"

namespace rotunda::rooms {

using namespace std::chrono_literals;

class WatchedRoom {
  public:
    static sip::UserAgentSettings agent_settings() {
        sip::UserAgentSettings settings;
        settings.owner_methods = {sip::Method::subscribe, sip::Method::message};
        return settings;
    }
    static Room room_1000() {
        Room room;
        room.id = media::RoomId{1};
        room.name = "1000";
        room.max_participants = 5000;
        return room;
    }

    explicit WatchedRoom(Duration interval = 1s, ChatSettings chat_settings = {})
        : notifier({.packages = {conference_package(interval)}}, bench.agent, random),
          watchers(bench.agent, notifier),
          chat(chat_settings, bench.agent) {}

    SeededRandom random{3};
    sip::AgentBench bench{agent_settings()};
    sip::Notifier notifier;
    RoomWatchers watchers;
    RoomChat chat;
    Room room = room_1000();
    std::map<int, Participant> inside;
    std::vector<sip::SipMessage> notifies, copies;  // what reached the watchers, and the chatters
    std::set<std::string> silent;                   // Call-IDs that answer nothing
    int copies_status = 200;

    void join(int n, std::string_view allow = "INVITE, ACK, BYE, CANCEL, MESSAGE") {
        receive("INVITE", n, 1, fmt::format("Allow: {}\r\nContent-Type: application/sdp\r\n", allow),
                sip::peer_sdp);
        receive("ACK", n, 1);
        Participant who(sdp::OfferAnswer(sdp::default_capabilities(), random));
        who.id = media::ParticipantId{static_cast<std::uint64_t>(n)};
        who.session = sessions_.at(n);
        who.room = room.id;
        who.joined = true;
        chat.joined(who);
        watchers.changed(inside.emplace(n, std::move(who)).first->second);
        run();
    }
    void hold(int n, bool on) {
        Participant& who = inside.at(n);
        who.leg.on_hold = on;
        who.leg.sends = who.leg.receives = !on;
        watchers.changed(who);
        run();
    }
    void leave(int n) {
        watchers.left(inside.at(n));
        chat.left(inside.at(n));
        inside.erase(n);
        if (inside.empty()) watchers.closed(room.id);
        run();
    }
    // One of a size that leaves room for the first document.
    void subscribe(int n, int cseq = 1, std::string headers = "Event: conference\r\n") {
        receive("SUBSCRIBE", n, cseq, headers + "X-Padding: " + std::string(3000, 'x') + "\r\n");
    }
    void subscribe_briefly(int n) { receive("SUBSCRIBE", n, 1, "Event: conference\r\n"); }
    void say(int n, int cseq, std::string_view text, std::string_view type = "text/plain") {
        receive("MESSAGE", n, cseq, fmt::format("Content-Type: {}\r\n", type), text);
    }
    int last_status(const sip::Method& method) const {
        for (auto it = answers.rbegin(); it != answers.rend(); ++it)
            if (it->method() == method) return it->status();
        return 0;
    }
    void pass(Duration time) {
        const TimePoint end = bench.now + time;
        for (;;) {
            const auto a = bench.agent.next_timeout(), b = notifier.next_timeout();
            const auto next = a && b ? std::min(*a, *b) : a ? a : b;
            if (!next || *next > end) break;
            bench.now = std::max(bench.now, *next);
            bench.agent.on_timeout(bench.now);
            notifier.on_timeout(bench.now);
            run();
        }
        bench.now = end;
    }

    std::vector<sip::SipMessage> answers;  // of ours

  private:
    void receive(std::string_view method, int n, int cseq, std::string_view headers = {},
                 std::string_view body = {}) {
        const std::string call_id = fmt::format("{}{}", method == "SUBSCRIBE" ? "watch" : "call", n);
        bench.receive(fmt::format(
            "{0} sip:1000@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK{0}{1}x{2}\r\n"
            "Max-Forwards: 70\r\nFrom: \"User {1}\" <sip:user{1}@example.com>;tag=f{1}\r\n"
            "To: <sip:1000@192.0.2.1>{3}\r\nCall-ID: {4}\r\nCSeq: {2} {0}\r\n"
            "Contact: <sip:user{1}@198.51.100.7:5060>\r\n{5}Content-Length: {6}\r\n\r\n{7}",
            method, n, cseq, to_tags_[call_id], call_id, headers, body.size(), body));
        run();
    }
    void run() {
        for (bool more = true; more;) {
            watchers.tell(bench.now);
            while (const auto due = notifier.next_due(bench.now)) watchers.notify(*due, bench.now);
            for (const sip::SubscriptionId over : notifier.take_over()) watchers.forget(over);
            bench.drain();
            const auto events = std::exchange(bench.events, {});
            const auto sent = std::exchange(bench.sent, {});
            for (const auto& event : events) handle(event);
            for (const sip::SipMessage& message : sent) read(message);
            more = !events.empty() || !sent.empty();
        }
    }
    void handle(const sip::UserAgentEvent& event) {
        if (const auto* call = std::get_if<sip::IncomingInvite>(&event)) {
            sessions_[number_of(call->request)] = call->session;
            bench.agent.accept(call->session, sip::our_sdp, bench.now);
        } else if (const auto* request = std::get_if<sip::RequestReceived>(&event)) {
            if (!notifier.resubscribe(*request, std::nullopt, bench.now))
                watchers.subscribe(*request, std::nullopt, room, {room.name, {}, {}}, bench.now);
        } else if (const auto* said = std::get_if<sip::DialogRequestReceived>(&event)) {
            chat.say(said->received, inside.at(number_of(said->received.request)), bench.now);
        } else if (const auto* answer = std::get_if<sip::RequestAnswered>(&event)) {
            CHECK((notifier.on_answer(*answer, bench.now) || chat.on_answer(*answer)));
        }
    }
    // What the agent sent, as its peer has it.
    void read(const sip::SipMessage& message) {
        const std::string call_id(message.call_id());
        if (message.is_response()) {
            if (message.is_success()) to_tags_[call_id] = ";tag=" + std::string(message.to_tag());
            answers.push_back(message);
            return;
        }
        const bool notify = message.method() == sip::Method::notify;
        if (message.method() != sip::Method::ack) (notify ? notifies : copies).push_back(message);
        if (!silent.contains(call_id)) bench.answer(message, notify ? 200 : copies_status);
    }
    static int number_of(const sip::SipMessage& request) {
        return std::stoi(std::string(request.from_tag().substr(1)));
    }

    std::map<std::string, std::string> to_tags_;  // by Call-ID
    std::map<int, sip::SessionId> sessions_;
};

}  // namespace rotunda::rooms
