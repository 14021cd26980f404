// Which transactions use a flow, for when it breaks. Ordered, so that ten thousand transactions with one peer
// cost nothing extra.
#pragma once

#include <cstdint>
#include <set>
#include <tuple>
#include <vector>

#include "base/net_address.hpp"
#include "signaling/flow.hpp"

namespace rotunda::sip {

template <typename Id>
class FlowIndex {
  public:
    void insert(const Flow& flow, Id id) { entries_.insert(key(flow, id)); }
    void erase(const Flow& flow, Id id) { entries_.erase(key(flow, id)); }

    // Those over the same connection; and those to the same peer that named no connection, since it may be
    // the one opened for them.
    std::vector<Id> using_flow(const Flow& flow) const {
        std::vector<Id> found;
        collect(flow, found);
        if (flow.connection) {
            Flow unconnected = flow;
            unconnected.connection = {};
            collect(unconnected, found);
        }
        return found;
    }
    bool empty() const { return entries_.empty(); }

  private:
    using Key = std::tuple<Transport, ConnectionId, Endpoint, Id>;

    static Key key(const Flow& flow, Id id) {
        // A connection's id says it all; the remote endpoint of a response's flow is not the one the
        // connection came from.
        return {flow.transport, flow.connection, flow.connection ? Endpoint{} : flow.remote, id};
    }
    void collect(const Flow& flow, std::vector<Id>& found) const {
        const Key from = key(flow, Id{});
        for (auto it = entries_.lower_bound(from); it != entries_.end() && same_flow(*it, from); ++it)
            found.push_back(std::get<Id>(*it));
    }
    static bool same_flow(const Key& a, const Key& b) {
        return std::get<0>(a) == std::get<0>(b) && std::get<1>(a) == std::get<1>(b) &&
               std::get<2>(a) == std::get<2>(b);
    }

    std::set<Key> entries_;
};

}  // namespace rotunda::sip
