// Nonces (RFC 7616 §3.3, §5.4, §5.5). A nonce carries its own time and a keyed hash over it and the
// subscriber it was given to (an IPv4 address, an IPv6 /64), so that handing one out costs no memory however
// many strangers ask, and it is good from nowhere else: who brings it back has read what was sent there. Only
// a nonce that came back with right credentials is remembered, with the counts it was used with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/keyed_hash.hpp"
#include "base/net_address.hpp"
#include "base/random.hpp"
#include "base/time.hpp"

namespace rotunda::accounts {

class NonceBook {
  public:
    // `most`: nonces in use that are remembered; beyond them the oldest become stale before their time.
    // `uses`: the highest count a nonce is good for.
    NonceBook(Duration lifetime, std::size_t most, RandomSource& random,
              std::uint32_t uses = std::numeric_limits<std::uint32_t>::max());

    // What a nonce says, once it is known to be ours.
    struct Ticket {
        std::uint64_t issued_ns = 0;
        std::uint64_t serial = 0;
        TimePoint issued() const { return TimePoint{Duration(static_cast<std::int64_t>(issued_ns))}; }
    };

    // `to`: whom it goes to.
    std::string issue(const IpAddress& to, TimePoint now);
    // nullopt: it is not ours, or was given to another address.
    std::optional<Ticket> open(std::string_view nonce, const IpAddress& from) const;
    // Uses up one count of the nonce, whose credentials have been found right. False: it is too old, or was
    // used with this count before; the sender needs another.
    bool use(const Ticket& ticket, std::uint32_t count, TimePoint now);

    std::size_t remembered() const { return windows_.size(); }

  private:
    // Which of the 64 counts up to `highest` were used: a peer's requests may overtake one another.
    struct Window {
        std::uint32_t highest = 0;
        std::uint64_t seen = 0;
        bool take(std::uint32_t count);
    };
    KeyedDigest seal(std::string_view numbers, const IpAddress& address) const;
    void forget_old(TimePoint now);

    Duration lifetime_;
    std::size_t most_;
    std::uint32_t uses_;
    RandomSource& random_;
    KeyedHash hash_;
    std::unordered_map<std::uint64_t, Window> windows_;  // by serial
    struct Remembered {
        std::uint64_t serial;
        TimePoint until;
    };
    // In the order of first use, which is the order of forgetting.
    std::deque<Remembered> order_;
    TimePoint oldest_good_ = TimePoint::min();  // what was issued before it is stale
};

}  // namespace rotunda::accounts
