// All look-ups of RFC 3263 under way, what the DNS said lately, and which servers are better left alone for a
// while. Sans-IO: questions out, answers in.
#pragma once

#include <map>
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

    // Said in take_found(): at once where no question is open, else after its last answer.
    LookupId resolve(const Uri& uri, TimePoint now);
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

    void run(LookupId id, TimePoint now);
    void finish(LookupId id, std::vector<Target> targets, TimePoint now);
    void remember(const DnsAnswer& answer, TimePoint now);

    LookupSettings settings_;
    RandomSource& random_;
    IdSource<LookupId> ids_;
    std::unordered_map<LookupId, TargetLookup> active_;
    std::map<DnsQuestion, std::vector<LookupId>> waiting_;
    std::map<DnsQuestion, Cached> cache_;
    std::map<Target, TimePoint> avoided_until_;
    std::vector<DnsQuestion> questions_;
    std::vector<Found> found_;
};

}  // namespace rotunda::sip
