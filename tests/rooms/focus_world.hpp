// A focus with its user agent, ports and log, in virtual time, and peers who are only messages.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "rooms/focus.hpp"
#include "signaling/parser.hpp"
#include "signaling/writer.hpp"

namespace rotunda::rooms {

using namespace media;
using namespace std::chrono_literals;

// Hands out ports 20000, 20002, ... without a socket behind them, and counts what is out.
class CountedPorts final : public MediaPortPool {
  public:
    struct Transport final : MediaTransport {
        explicit Transport(int& out) : out_(out) { ++out_; }
        ~Transport() override { --out_; }
        std::optional<ReceivedDatagram> receive(MutableBytes) override { return std::nullopt; }
        bool send(Bytes, const Endpoint&) override { return true; }
        void lock_to(std::optional<Endpoint>) override {}
        std::shared_ptr<DatagramSender> share() override { return std::make_shared<Sender>(); }
        int& out_;
    };
    struct Sender final : DatagramSender {
        bool send(Bytes, const Endpoint&) override { return true; }
    };

    Result<MediaPorts> reserve(const IpAddress& for_peer, MediaTraffic) override {
        peer = for_peer;
        if (exhausted) return fail_with("media.ports has no free pair");
        next += 2;
        MediaPorts ports;
        ports.rtp = std::make_unique<Transport>(out);
        ports.rtcp = std::make_unique<Transport>(out);
        ports.advertised = *IpAddress::parse(!for_peer.is_v4() ? "2001:db8::1" : "192.0.2.1");
        ports.rtp_port = next;
        return ports;
    }

    IpAddress peer;  // of the last reservation
    bool exhausted = false;
    std::uint16_t next = 20000;
    int out = 0;
};

class KeptLog final : public LogSink {
  public:
    void write(const LogRecord& record) override { records.push_back(record); }
    long count(std::string_view event) const {
        return std::count_if(records.begin(), records.end(), [&](auto& r) { return r.event == event; });
    }
    std::string field(std::string_view event, std::string_view key) const {
        for (auto& record : records)
            if (record.event == event)
                for (auto& [name, value] : record.fields)
                    if (name == key) return value;
        return {};
    }
    std::vector<LogRecord> records;
};

inline constexpr std::string_view pcmu_offer =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

// Every literal address is one hop away, over UDP unless the URI says another transport.
class OneHop final : public RouteFinder {
  public:
    std::optional<sip::Flow> find(const sip::Uri& uri) override {
        const auto address = IpAddress::parse(uri.param("maddr").value_or(uri.host()));
        const Endpoint here = *Endpoint::parse("192.0.2.1:5060");
        const auto by = uri.param("transport") == "tcp"   ? sip::Transport::tcp
                        : uri.param("transport") == "tls" ? sip::Transport::tls
                                                          : sip::Transport::udp;
        if (!address && names) return sip::Flow{by, here, {}, {}, here};
        if (!address) return std::nullopt;
        const std::uint16_t port = uri.port() != 0 ? uri.port() : std::uint16_t{5060};
        return sip::Flow{by, here, {*address, port}, {}, here};
    }
    bool is_self(const sip::Uri& uri) override { return uri.host() == "192.0.2.1"; }

    bool names = false;  // are to be looked up
};

struct World {
    explicit World(FocusSettings settings = default_settings())
        : focus(std::move(settings), agent, ports, routes, random, log) {}

    static sip::UserAgentSettings agent_settings() {
        sip::UserAgentSettings settings;
        settings.supported = {"100rel",     "timer",   "replaces", "join",
                              "norefersub", "tdialog", "path",     "outbound"};
        settings.owner_methods = {sip::Method::refer, sip::Method::notify, sip::Method::subscribe,
                                  sip::Method::message};
        return settings;
    }
    static FocusSettings default_settings() {
        FocusSettings settings;
        settings.rooms.on_demand = [](std::string_view user) {
            return !user.empty() && user.find_first_not_of("0123456789") == user.npos;
        };
        settings.rooms.max_participants = 2;
        settings.media = sdp::default_capabilities();
        settings.workers = 2;
        return settings;
    }

    // One request of call `id`; its branch is made of the CSeq, so that repeating it is a retransmission.
    void request(std::string_view method, int id, int cseq, std::string_view body = {},
                 std::string_view user = "1000", std::string_view type = "application/sdp",
                 std::string_view headers = {}) {
        const std::string text = fmt::format(
            "{0} sip:{5}192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
            "192.0.2.9:5060;branch=z9hG4bK{1}x{2}{7};rport\r\n"
            "From: <sip:caller{1}@192.0.2.9>;tag=f{1}\r\nTo: <sip:{5}192.0.2.1>{6}\r\nCall-ID: call{1}\r\n"
            "CSeq: {2} {0}\r\nContact: <sip:caller@192.0.2.9:5060>\r\nMax-Forwards: "
            "70\r\n{8}{3}Content-Length: "
            "{4}\r\n\r\n",
            method, id, cseq, body.empty() ? "" : fmt::format("Content-Type: {}\r\n", type), body.size(),
            user.empty() ? "" : fmt::format("{}@", user), cseq > 1 || method == "ACK" ? to_tag(id) : "",
            method == "ACK" ? "a" : "", headers);
        agent.receive(text + std::string(body), flow, now);
        run();
    }

    // The caller's answer to the last request of ours.
    void answer(int status, std::string_view body = {}) {
        sip::SipMessage response = sip::SipMessage::response_to(sent.back(), status);
        response.add(sip::HeaderId::contact, "<sip:caller@192.0.2.9:5060>");
        if (!body.empty()) response.set_body(std::string(body), "application/sdp");
        agent.receive(sip::to_wire(response), flow, now);
        run();
    }

    // Whom we called answers.
    void answer(const sip::SipMessage& request, int status, std::string_view body = {},
                const sip::ExtraHeaders& headers = {}, std::string_view tag = "callee") {
        sip::SipMessage response = sip::SipMessage::response_to(request, status);
        if (status > 100 && request.to_tag().empty()) response.set_to_tag(tag);
        if (status > 100 && status < 300 && request.method() == sip::Method::invite)
            response.add(sip::HeaderId::contact, "<sip:callee@192.0.2.50:5060>");
        for (const auto& header : headers) response.add(header.id, header.value);
        if (!body.empty()) response.set_body(std::string(body), "application/sdp");
        sip::Flow back = flow;
        back.remote = *Endpoint::parse("192.0.2.50:5060");
        agent.receive(sip::to_wire(response), back, now);
        run();
    }
    // Our requests of that method so far.
    std::vector<sip::SipMessage> requests(sip::Method::Id method) const {
        std::vector<sip::SipMessage> found;
        for (const auto& message : sent)
            if (message.is_request() && message.method() == method) found.push_back(message);
        return found;
    }

    void run() {
        focus.drain_agent(now);
        for (auto& out : agent.take_outgoing()) {
            auto parsed = sip::parse_message(out.bytes);
            REQUIRE(parsed.verdict == sip::ParseVerdict::accepted);
            sent.push_back(std::move(parsed.message));
        }
        for (auto& command : focus.take_commands()) commands.push_back(std::move(command));
        for (auto& command : focus.take_video_commands()) video_commands.push_back(std::move(command));
    }

    std::optional<TimePoint> next_timeout() {
        const auto ours = focus.next_timeout(), agents = agent.next_timeout();
        return ours && agents ? std::min(*ours, *agents) : ours ? ours : agents;
    }

    void pass(Duration time) {
        const TimePoint until = now + time;
        for (auto next = next_timeout(); next && *next <= until; next = next_timeout()) {
            now = std::max(now, *next);
            agent.on_timeout(now);
            focus.on_timeout(now);
            run();
        }
        now = until;
    }

    // Joins with PCMU and acknowledges.
    void call(int id, std::string_view user = "1000") {
        request("INVITE", id, 1, pcmu_offer, user);
        request("ACK", id, 1, {}, user);
    }

    std::string to_tag(int id) const {
        for (auto& message : sent)
            if (message.call_id() == fmt::format("call{}", id) && message.is_success())
                return ";tag=" + std::string(message.to_tag());
        return {};
    }
    int last_status() const { return sent.empty() ? 0 : sent.back().status(); }
    template <typename Command>
    std::vector<const Command*> all() const {
        std::vector<const Command*> found;
        for (auto& command : commands)
            if (auto* match = std::get_if<Command>(&command.command)) found.push_back(match);
        return found;
    }

    template <typename Command>
    std::vector<const Command*> all_video() const {
        std::vector<const Command*> found;
        for (auto& command : video_commands)
            if (auto* match = std::get_if<Command>(&command.command)) found.push_back(match);
        return found;
    }

    TimePoint now{};
    SeededRandom random{1};
    CountedPorts ports;
    OneHop routes;
    KeptLog log;
    sip::UserAgent agent{agent_settings(), random};
    Focus focus;
    sip::Flow flow{sip::Transport::udp,
                   *Endpoint::parse("192.0.2.1:5060"),
                   *Endpoint::parse("192.0.2.9:5060"),
                   {},
                   *Endpoint::parse("192.0.2.1:5060")};
    std::vector<sip::SipMessage> sent;
    std::vector<WorkerCommand> commands;
    std::vector<VideoWorkerCommand> video_commands;
};

}  // namespace rotunda::rooms
