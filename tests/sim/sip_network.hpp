// SIP user agents on a simulated network in virtual time: datagrams suffer what the seeded faults say,
// connections only the delay. The clock jumps from one arrival or deadline to the next.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "signaling/flow.hpp"
#include "signaling/user_agent.hpp"
#include "tests/sim/media_network.hpp"

namespace rotunda::sim {

class SipNetwork {
  public:
    explicit SipNetwork(std::uint64_t seed, const LinkFaults& faults = {})
        : datagrams_(seed, faults), streams_(seed, delay_only(faults)) {}

    // The agent answers at that address from now on; `after` is called whenever it has taken something in,
    // for its owner to drain the events and to give commands. The agent outlives the network.
    void add(const Endpoint& address, sip::UserAgent& agent, std::function<void(TimePoint)> after) {
        nodes_[address] = Node{&agent, std::move(after)};
    }
    // How `from` reaches `to`.
    static sip::Flow flow(const Endpoint& from, const Endpoint& to,
                          sip::Transport transport = sip::Transport::udp) {
        sip::Flow flow;
        flow.transport = transport;
        flow.local = flow.advertised = from;
        flow.remote = to;
        if (sip::is_reliable(transport)) flow.connection = sip::ConnectionId{1};
        return flow;
    }

    void set_faults(const LinkFaults& faults) {
        datagrams_.set_faults(faults);
        streams_.set_faults(delay_only(faults));
    }
    // Drops what `drop` is true for, before all other faults.
    void drop_if(std::function<bool(std::string_view bytes)> drop) { drop_ = std::move(drop); }

    TimePoint now() const { return now_; }
    // Sends what the agents have to say; to be called after commands from outside of run().
    void flush() {
        for (auto& [address, node] : nodes_)
            for (sip::OutgoingMessage& message : node.agent->take_outgoing()) {
                ++sent_;
                if (drop_ && drop_(message.bytes)) continue;
                (is_reliable(message.flow.transport) ? streams_ : datagrams_).send(message, now_);
            }
    }
    void run(Duration time) {
        const TimePoint end = now_ + time;
        flush();
        for (auto next = next_event(); next && *next <= end; next = next_event()) {
            now_ = std::max(now_, *next);
            deliver(streams_);
            deliver(datagrams_);
            wake();
        }
        now_ = end;
    }
    std::uint64_t sent() const { return sent_; }

  private:
    struct Node {
        sip::UserAgent* agent = nullptr;
        std::function<void(TimePoint)> after;
    };
    using Messages = Link<sip::OutgoingMessage>;

    static LinkFaults delay_only(const LinkFaults& faults) { return {.delay = faults.delay}; }

    std::optional<TimePoint> next_event() const {
        std::optional<TimePoint> first;
        const auto consider = [&first](std::optional<TimePoint> at) {
            if (at && (!first || *at < *first)) first = at;
        };
        consider(streams_.next_arrival());
        consider(datagrams_.next_arrival());
        for (const auto& [address, node] : nodes_) consider(node.agent->next_timeout());
        return first;
    }
    void deliver(Messages& link) {
        while (auto arrival = link.receive(now_)) {
            const sip::OutgoingMessage& message = arrival->datagram;
            const auto to = nodes_.find(message.flow.remote);
            if (to == nodes_.end()) continue;  // nobody there: lost
            to->second.agent->receive(
                message.bytes, flow(message.flow.remote, message.flow.local, message.flow.transport), now_);
            to->second.after(now_);
            flush();
        }
    }
    void wake() {
        for (auto& [address, node] : nodes_) {
            const auto next = node.agent->next_timeout();
            if (!next || *next > now_) continue;
            node.agent->on_timeout(now_);
            node.after(now_);
        }
        flush();
    }

    TimePoint now_{};
    std::map<Endpoint, Node> nodes_;
    Messages datagrams_;
    Messages streams_;
    std::function<bool(std::string_view)> drop_;
    std::uint64_t sent_ = 0;
};

}  // namespace rotunda::sim
