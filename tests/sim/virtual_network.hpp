// UDP between simulated endpoints in virtual time, each pair of them with its own faults.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/random.hpp"
#include "media/media_transport.hpp"
#include "tests/sim/allocation_count.hpp"
#include "tests/sim/media_network.hpp"

namespace rotunda::sim {

struct Datagram {
    std::vector<std::uint8_t> bytes;
    Endpoint source;
    TimePoint arrival{};
};

class VirtualNetwork {
  public:
    explicit VirtualNetwork(std::uint64_t seed) : seed_(seed) {}

    TimePoint now{std::chrono::seconds(1000)};

    // For all that goes from one to the other from now on.
    void impair(const Endpoint& from, const Endpoint& to, LinkFaults faults) {
        faults.delay += transit;
        link(from, to).set_faults(faults);
    }
    void send(const Endpoint& from, const Endpoint& to, Bytes bytes) {
        link(from, to).send({{bytes.begin(), bytes.end()}, from, {}}, now);
    }

    // The oldest datagram that has arrived at `at` by now.
    std::optional<Datagram> receive(const Endpoint& at) {
        Link<Datagram>* first = nullptr;
        for (auto& [from, link] : inbound_[at])
            if (link.next_arrival() && (!first || *link.next_arrival() < *first->next_arrival()))
                first = &link;
        if (!first) return std::nullopt;
        auto arrival = first->receive(now);
        if (!arrival) return std::nullopt;
        arrival->datagram.arrival = arrival->at;
        return std::move(arrival->datagram);
    }
    void discard(const Endpoint& at) { inbound_.erase(at); }

    // What the simulation itself took from the heap inside the engine's calls.
    std::uint64_t allocated = 0;

    static constexpr Duration transit = std::chrono::microseconds(50);

  private:
    Link<Datagram>& link(const Endpoint& from, const Endpoint& to) {
        auto& links = inbound_[to];
        auto it = links.find(from);
        if (it == links.end()) {
            LinkFaults clean;
            clean.delay = transit;
            it = links.emplace(from, Link<Datagram>(++seed_ * 7919, clean)).first;
        }
        return it->second;
    }

    std::uint64_t seed_;
    std::map<Endpoint, std::map<Endpoint, Link<Datagram>>> inbound_;
};

// The server's side of the network.
class VirtualSocket final : public media::MediaTransport {
  public:
    VirtualSocket(VirtualNetwork& network, Endpoint local) : network_(network), local_(local) {}
    ~VirtualSocket() override { network_.discard(local_); }

    std::optional<media::ReceivedDatagram> receive(MutableBytes buffer) override {
        const NetworkHeap heap(network_);
        while (auto datagram = network_.receive(local_)) {
            if (locked && datagram->source != *locked) continue;
            const std::size_t size = std::min(buffer.size(), datagram->bytes.size());
            std::copy_n(datagram->bytes.begin(), size, buffer.begin());
            return media::ReceivedDatagram{size, datagram->source, datagram->arrival};
        }
        return std::nullopt;
    }
    bool send(Bytes datagram, const Endpoint& to) override {
        const NetworkHeap heap(network_);
        network_.send(local_, to, datagram);
        return true;
    }
    void lock_to(std::optional<Endpoint> peer) override { locked = peer; }

    std::optional<Endpoint> locked;

  private:
    struct NetworkHeap {
        explicit NetworkHeap(VirtualNetwork& n) : network(n), before(allocations()) {}
        ~NetworkHeap() { network.allocated += allocations() - before; }
        VirtualNetwork& network;
        std::uint64_t before;
    };

    VirtualNetwork& network_;
    Endpoint local_;
};

}  // namespace rotunda::sim
