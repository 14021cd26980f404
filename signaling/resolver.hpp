// All look-ups of RFC 3263 under way, what the DNS said lately, and which servers are better left alone for a
// while. Sans-IO: questions out, answers in.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "base/strong_id.hpp"
#include "base/time.hpp"
#include "signaling/target_lookup.hpp"

namespace rotunda::sip {

using LookupId = StrongId<struct LookupTag>;

class Resolver {
  public:
    struct Found {
        LookupId lookup;
        std::vector<Target> targets;  // to be tried in this order; empty: nothing was found
    };

    // `random` outlives the resolver.
    Resolver(LookupSettings settings, RandomSource& random)
        : settings_(std::move(settings)), random_(random) {}

    // Said in take_found(): at once where no question is open, or too many are, else after its last answer.
    // `guest`: who wrote the name into what he sent us, where we know another way to him, the one he came by.
    // However many names he and his like write, we find the way to those we know by nothing but a name.
    LookupId resolve(const Uri& uri, const std::optional<IpAddress>& guest, TimePoint now);
    void on_answer(const DnsAnswer& answer, TimePoint now);
    // Every question handed out is to be answered once.
    std::vector<DnsQuestion> take_questions() { return std::exchange(questions_, {}); }
    std::vector<Found> take_found() { return std::exchange(found_, {}); }

    // RFC 3261 §21.5.4 (Retry-After of a 503), RFC 3263 §4.3: until then this server is tried last.
    void avoid(const Target& target, Duration time, TimePoint now);

    std::size_t lookups() const { return active_.size(); }

  private:
    struct Cached {
        DnsAnswer answer;
        TimePoint until;
    };

    struct Active {
        TargetLookup lookup;
        std::optional<IpAddress> guest;  // as one subscriber
    };
    using Guests = std::map<IpAddress, std::size_t>;

    bool has_room(const std::optional<IpAddress>& guest, const TargetLookup& lookup) const;
    void follow_cache(TargetLookup& lookup, TimePoint now);
    void ask(LookupId id, const TargetLookup& lookup);
    void leave(const IpAddress& guest);
    void say(LookupId id, std::vector<Target> targets, TimePoint now);
    void remember(const DnsAnswer& answer, TimePoint now);

    LookupSettings settings_;
    RandomSource& random_;
    IdSource<LookupId> ids_;
    std::unordered_map<LookupId, Active> active_;
    Guests guests_;  // with something in active_
    std::size_t active_of_guests_ = 0;
    std::map<DnsQuestion, std::vector<LookupId>> waiting_;
    std::map<DnsQuestion, Cached> cache_;
    std::map<Target, TimePoint> avoided_until_;
    std::vector<DnsQuestion> questions_;
    std::vector<Found> found_;
};

}  // namespace rotunda::sip
