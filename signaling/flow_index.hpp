// Which transactions use a flow, for when it breaks. The transactions of one flow are linked to one another,
// so that ten thousand of them with one peer cost nothing extra, and one costs no allocation of its own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/keyed_hash.hpp"
#include "base/net_address.hpp"
#include "signaling/bounded_table.hpp"
#include "signaling/flow.hpp"

namespace rotunda::sip {

// What the index keeps in each transaction, which stays where it is for as long as it is in the index.
template <typename Id>
struct FlowLink {
    Id id{};  // none: it is in no index
    FlowLink* before = nullptr;
    FlowLink* after = nullptr;
};

template <typename Id>
class FlowIndex {
  public:
    using Link = FlowLink<Id>;

    // `hash`: under a random key, so that nobody finds flows that meet in the table.
    explicit FlowIndex(const KeyedHash& hash) : first_(0, Hash{TableHash(hash)}) {}

    void insert(const Flow& flow, Link& link, Id id) {
        Link*& first = first_[key(flow)];
        link = {id, nullptr, first};
        if (first) first->before = &link;
        first = &link;
    }
    // Nothing, if it is not in the index.
    void erase(const Flow& flow, Link& link) {
        if (!link.id) return;
        if (link.after) link.after->before = link.before;
        if (link.before)
            link.before->after = link.after;
        else if (link.after)
            first_[key(flow)] = link.after;
        else
            first_.erase(key(flow));
        link = {};
    }

    // Those over the same connection; and those to the same peer that named no connection, since it may be
    // the one opened for them.
    std::vector<Id> using_flow(const Flow& flow) const {
        std::vector<Id> found;
        collect(key(flow), found);
        if (flow.connection) collect({flow.transport, {}, flow.remote}, found);
        std::ranges::sort(found);  // the oldest first
        return found;
    }
    bool empty() const { return first_.empty(); }

  private:
    struct Key {
        Transport transport;
        ConnectionId connection;
        Endpoint remote;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct Hash {
        TableHash remote;
        std::size_t operator()(const Key& key) const {
            // Connections are of our numbering.
            return remote(key.remote) + 31 * key.connection.value + static_cast<std::size_t>(key.transport);
        }
    };

    static Key key(const Flow& flow) {
        // A connection's id says it all; the remote endpoint of a response's flow is not the one the
        // connection came from.
        return {flow.transport, flow.connection, flow.connection ? Endpoint{} : flow.remote};
    }
    void collect(const Key& from, std::vector<Id>& found) const {
        const auto it = first_.find(from);
        for (const Link* link = it == first_.end() ? nullptr : it->second; link; link = link->after)
            found.push_back(link->id);
    }

    std::unordered_map<Key, Link*, Hash> first_;
};

}  // namespace rotunda::sip
