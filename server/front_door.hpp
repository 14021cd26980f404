// What a SIP message passes before anything reads it: the lists of its listener, and the flood guard, which
// peers trusted by address or certificate need not pass. Says in the log who was banned. Signaling thread.
#pragma once

#include "accounts/access_policy.hpp"
#include "base/log.hpp"
#include "server/clock.hpp"
#include "server/config.hpp"
#include "signaling/flood_guard.hpp"
#include "signaling/parser.hpp"

namespace rotunda::server {

class FrontDoor {
  public:
    // `policy` may change; all outlive it. `hash`: under a random key.
    FrontDoor(const Config& config, const accounts::AccessPolicy& policy, const Clock& clock, LogSink& log,
              const KeyedHash& hash, sip::FloodGuard::Voucher voucher = {});

    bool lets_in(std::string_view datagram, const sip::Flow& flow);
    sip::Admission lets_in(const sip::ParsedMessage& message, const sip::Flow& flow);
    // What is no SIP at all may be answered: STUN.
    bool hears(const sip::Flow& flow);
    // A new connection may stand.
    bool lets_connect(const sip::Flow& flow);
    // A peer trusted by its address or certificate (AccessPolicy::trusted).
    bool is_trunk(const sip::Flow& flow) const { return accounts::trusted_peer(policy_, flow) != nullptr; }
    bool lets_out(const sip::OutgoingMessage& message);

    void prove(const sip::FlowProof& proof) { guard_.prove(proof, clock_.now()); }
    // A wrong password that nobody forged.
    void on_guess(const sip::Flow& flow);

    // For operators; `length` of a ban that stands is what is left of it.
    std::vector<sip::Ban> bans() const { return guard_.bans(clock_.now()); }
    std::size_t banned() const { return guard_.banned(clock_.now()); }
    std::uint64_t bans_so_far() const { return guard_.bans_so_far(); }
    void ban(const IpAddress& address, Duration length);
    bool lift(const IpAddress& address);

    const sip::FloodGuard::Counters& counters() const { return guard_.counters(); }

  private:
    void tell_of_bans();

    const accounts::AccessPolicy& policy_;
    const Clock& clock_;
    LogSink& log_;
    sip::FloodGuard guard_;
};

}  // namespace rotunda::server
