// UDP between simulated endpoints in virtual time, with loss, jitter, reordering and duplicates by link.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/random.hpp"
#include "rooms/media_transport.hpp"

namespace rotunda::sim {

struct Impairment {
    double loss = 0;
    Duration jitter{};   // each datagram is late by a uniform share of it; order on the link is kept ...
    double reorder = 0;  // ... except for these, which are held back by 30 ms
    double duplicate = 0;
};

struct Datagram {
    std::vector<std::uint8_t> bytes;
    Endpoint source;
    TimePoint arrival{};
};

class VirtualNetwork {
  public:
    explicit VirtualNetwork(std::uint64_t seed) : random_(seed) {}

    TimePoint now{std::chrono::seconds(1000)};

    // Applies to everything that `source` sends from now on.
    void impair(const Endpoint& source, const Impairment& impairment) {
        links_[source].impairment = impairment;
    }

    void send(const Endpoint& from, const Endpoint& to, Bytes bytes) {
        Link& link = links_[from];
        const Impairment& bad = link.impairment;
        if (random_.unit() < bad.loss) return;
        TimePoint arrival =
            now + transit +
            Duration(static_cast<std::int64_t>(random_.unit() * static_cast<double>(bad.jitter.count())));
        if (bad.jitter > Duration::zero()) arrival = link.last_arrival = std::max(arrival, link.last_arrival);
        if (random_.unit() < bad.reorder) arrival += std::chrono::milliseconds(30);
        deliver(to, {{bytes.begin(), bytes.end()}, from, arrival});
        if (random_.unit() < bad.duplicate) deliver(to, {{bytes.begin(), bytes.end()}, from, arrival});
    }

    // The oldest datagram that has arrived at `at` by now.
    std::optional<Datagram> receive(const Endpoint& at) {
        auto& inbox = inboxes_[at];
        if (inbox.empty() || inbox.begin()->first > now) return std::nullopt;
        Datagram oldest = std::move(inbox.begin()->second);
        inbox.erase(inbox.begin());
        return oldest;
    }
    void discard(const Endpoint& at) { inboxes_.erase(at); }
    std::size_t waiting(const Endpoint& at) { return inboxes_[at].size(); }

    static constexpr Duration transit = std::chrono::microseconds(50);

  private:
    struct Link {
        Impairment impairment;
        TimePoint last_arrival{};
    };
    void deliver(const Endpoint& to, Datagram datagram) {
        const TimePoint arrival = datagram.arrival;
        inboxes_[to].emplace(arrival, std::move(datagram));
    }

    SeededRandom random_;
    std::map<Endpoint, Link> links_;
    std::map<Endpoint, std::multimap<TimePoint, Datagram>> inboxes_;
};

// The server's side of the network.
class VirtualSocket final : public rooms::MediaTransport {
  public:
    VirtualSocket(VirtualNetwork& network, Endpoint local) : network_(network), local_(local) {}
    ~VirtualSocket() override { network_.discard(local_); }

    std::optional<rooms::ReceivedDatagram> receive(MutableBytes buffer) override {
        ++reads;
        while (auto datagram = network_.receive(local_)) {
            if (locked && datagram->source != *locked) continue;
            const std::size_t size = std::min(buffer.size(), datagram->bytes.size());
            std::copy_n(datagram->bytes.begin(), size, buffer.begin());
            return rooms::ReceivedDatagram{size, datagram->source, datagram->arrival};
        }
        return std::nullopt;
    }
    bool send(Bytes datagram, const Endpoint& to) override {
        network_.send(local_, to, datagram);
        return true;
    }
    void lock_to(std::optional<Endpoint> peer) override { locked = peer; }

    std::optional<Endpoint> locked;
    std::uint64_t reads = 0;

  private:
    VirtualNetwork& network_;
    Endpoint local_;
};

}  // namespace rotunda::sim
