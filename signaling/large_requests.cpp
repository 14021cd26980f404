#include "signaling/large_requests.hpp"

namespace rotunda::sip {
namespace {

// Peers without number must not cost memory; who is forgotten is tried once more.
constexpr std::size_t most_remembered = 4096;

}  // namespace

bool LargeRequests::prefer_tcp(const Flow& flow, std::size_t size, TimePoint now) const {
    return flow.transport == Transport::udp && size > largest_datagram && !has_no_tcp(flow.remote, now);
}

Flow LargeRequests::tcp_flow(Flow flow) {
    flow.transport = Transport::tcp;
    return flow;
}

Flow LargeRequests::udp_flow(Flow flow) {
    flow.transport = Transport::udp;
    flow.connection = {};
    return flow;
}

void LargeRequests::note_no_tcp(const Endpoint& peer, TimePoint now) {
    if (no_tcp_until_.size() >= most_remembered)
        std::erase_if(no_tcp_until_, [now](const auto& entry) { return entry.second <= now; });
    if (no_tcp_until_.size() >= most_remembered) no_tcp_until_.clear();
    no_tcp_until_[peer] = now + remembered_for;
}

bool LargeRequests::has_no_tcp(const Endpoint& peer, TimePoint now) const {
    const auto found = no_tcp_until_.find(peer);
    return found != no_tcp_until_.end() && found->second > now;
}

}  // namespace rotunda::sip
