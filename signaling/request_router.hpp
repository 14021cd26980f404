// Where a request of ours goes: RFC 3261 §8.1.2 and RFC 3263 put together with what we know of our own
// sockets and of the way the peer came.
#pragma once

#include <optional>
#include <vector>

#include "signaling/flow.hpp"
#include "signaling/flow_source.hpp"
#include "signaling/message.hpp"
#include "signaling/resolver.hpp"

namespace rotunda::sip {

struct RouterSettings {
    LookupSettings lookup;
    // Off: names are not asked for; a request goes over the flow it is given.
    bool resolve_names = false;
};

// True for a flow that says nothing: the request's URI alone decides where it goes.
inline bool is_unspecified(const Flow& flow) {
    return flow.remote.port == 0;
}

class RequestRouter {
  public:
    RequestRouter(RouterSettings settings, RandomSource& random)
        : resolve_names_(settings.resolve_names), resolver_(std::move(settings.lookup), random) {}

    // Outlives the router. Without one, flows are derived from the flow a request is given.
    void set_flow_source(FlowSource& source) { source_ = &source; }
    Resolver& resolver() { return resolver_; }

    // The first Route if it is a loose router's, else the Request-URI (§8.1.2).
    static Uri next_hop_uri(const SipMessage& request);
    // What has to be resolved before this request can go; nullopt: `flow` is the way.
    std::optional<Uri> to_resolve(const SipMessage& request, const Flow& flow) const;
    // The flows to these targets, in order; the way the peer came by first if it is among them, so that a
    // dialog stays with one server. Those we have no way to, and those beyond the peer's reach, are left out.
    std::vector<Flow> flows_to(const std::vector<Target>& targets, const Flow& asked, const Uri& uri) const;
    // Our Contact, made for `asked`, as it has to be for `chosen`.
    static void fit_contact(SipMessage& request, const Flow& asked, const Flow& chosen);
    // A request that was asked for by `asked` is to go again to who has answered it there. The nonce in a
    // challenge is of that server's making, and another of its name need not know it (RFC 7616 §3.3).
    static void return_to(const std::optional<Flow>& there, SipMessage& request, Flow& asked);

  private:
    std::optional<Flow> flow_to(const Target& target, const Flow& asked) const;
    std::optional<Flow> new_flow_to(const Target& target, const Flow& asked) const;

    bool resolve_names_;
    Resolver resolver_;
    FlowSource* source_ = nullptr;
};

}  // namespace rotunda::sip
