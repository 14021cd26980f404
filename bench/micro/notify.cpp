// What it costs to tell those who watch a room: the documents alone, and a NOTIFY with everything that
// belongs to it but the network.
#include <benchmark/benchmark.h>

#include <string>
#include <variant>

#include "rooms/conference_info.hpp"
#include "rooms/room_watchers.hpp"
#include "signaling/notifier.hpp"
#include "signaling/parser.hpp"
#include "signaling/user_agent.hpp"
#include "signaling/writer.hpp"

namespace {

using namespace rotunda;
using namespace rotunda::rooms;

constexpr std::size_t document_bytes = 48'000;
const RoomDescription room{"sip:1000@192.0.2.1", "1000", 1000};

RosterEntry entry(std::uint64_t n, EndpointStatus status) {
    RosterEntry e;
    e.user = "sip:user" + std::to_string(n) + "@example.com";
    e.display_name = "User " + std::to_string(n);
    e.endpoint = "sip:user" + std::to_string(n) + "@198.51.100.7:5060";
    e.status = status;
    e.media = {{"audio", sdp::Direction::sendrecv}};
    return e;
}

ConferenceRoster full_room() {
    ConferenceRoster roster;
    for (std::uint64_t n = 1; n <= 1000; ++n)
        roster.put(media::ParticipantId{n}, entry(n, EndpointStatus::connected));
    return roster;
}

// One user of a thousand holds or comes back.
void toggle(ConferenceRoster& roster, std::uint64_t step) {
    roster.put(media::ParticipantId{1 + step / 2 % 1000},
               entry(1 + step / 2 % 1000, step % 2 ? EndpointStatus::connected : EndpointStatus::on_hold));
}

void change_of_roster(benchmark::State& state) {
    ConferenceRoster roster = full_room();
    std::uint64_t step = 0;
    for (auto _ : state) toggle(roster, step++);
}
BENCHMARK(change_of_roster);

void partial_document(benchmark::State& state) {
    ConferenceRoster roster = full_room();
    RosterReader reader;
    while (!write_conference_info(room, roster, reader, false, document_bytes).complete) {
    }
    std::uint64_t step = 0;
    for (auto _ : state) {
        toggle(roster, step++);
        benchmark::DoNotOptimize(write_conference_info(room, roster, reader, false, document_bytes));
    }
}
BENCHMARK(partial_document);

void largest_document(benchmark::State& state) {
    ConferenceRoster roster = full_room();
    RosterReader reader;
    for (auto _ : state)
        benchmark::DoNotOptimize(write_conference_info(room, roster, reader, true, document_bytes));
}
BENCHMARK(largest_document);

// A change, its NOTIFY to one of a hundred watchers in turn, and the 200 to it.
class Watched {
  public:
    Watched() {
        for (int n = 0; n < 100; ++n) {
            const std::string id = std::to_string(n);
            agent_.receive(
                "SUBSCRIBE sip:1000@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK" + id +
                    "\r\nMax-Forwards: 70\r\nFrom: <sip:w@198.51.100.7>;tag=w" + id +
                    "\r\nTo: <sip:1000@192.0.2.1>\r\nCall-ID: w" + id +
                    "\r\nCSeq: 1 SUBSCRIBE\r\nContact: <sip:w@198.51.100.7>\r\nEvent: conference\r\n"
                    "Content-Length: 0\r\n\r\n",
                flow_, now_);
            for (const auto& event : agent_.take_events())
                if (const auto* request = std::get_if<sip::RequestReceived>(&event))
                    watchers_[n] = *notifier_.subscribe(*request, std::nullopt, {"1000", {}, {}}, now_);
            settle();
        }
    }
    void tell(std::uint64_t step) {
        toggle(roster_, step);
        now_ += std::chrono::milliseconds(20);
        notifier_.on_timeout(now_);
        notifier_.changed(watchers_[step % 100], now_);
        settle();
        agent_.on_timeout(now_);
    }

  private:
    static sip::UserAgentSettings settings() {
        sip::UserAgentSettings s;
        s.owner_methods = {sip::Method::subscribe};
        return s;
    }
    void settle() {
        while (const auto due = notifier_.next_due(now_)) {
            RosterReader& reader = readers_[due->subscription.value % 100];
            notifier_.notify(due->subscription,
                             write_conference_info(room, roster_, reader, false, 2000).text, now_);
        }
        for (const auto& out : agent_.take_outgoing()) {
            const auto parsed = sip::parse_message(out.bytes);
            if (parsed.message.is_request())
                agent_.receive(sip::to_wire(sip::SipMessage::response_to(parsed.message, 200)), flow_, now_);
        }
        for (const auto& event : agent_.take_events())
            if (const auto* answer = std::get_if<sip::RequestAnswered>(&event))
                notifier_.on_answer(*answer, now_);
        notifier_.take_over();
    }

    TimePoint now_{std::chrono::hours(1)};
    SeededRandom random_{1};
    sip::UserAgent agent_{settings(), random_};
    sip::Notifier notifier_{{.packages = {conference_package(Duration(0))}}, agent_, random_};
    ConferenceRoster roster_ = full_room();
    RosterReader readers_[100];
    sip::SubscriptionId watchers_[100];
    const sip::Flow flow_{sip::Transport::udp,
                          *Endpoint::parse("192.0.2.1:5060"),
                          *Endpoint::parse("198.51.100.7:5060"),
                          {},
                          *Endpoint::parse("192.0.2.1:5060")};
};

void notify(benchmark::State& state) {
    Watched watched;
    std::uint64_t step = 0;
    for (auto _ : state) watched.tell(step++);
}
BENCHMARK(notify);

}  // namespace
