#include "signaling/flood_guard.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rotunda::sip {
namespace {

// How long who has read our answer is believed to be where he is; each further proof begins it anew.
constexpr Duration proof_lasts = std::chrono::minutes(10);
// Bytes to an endpoint that may be a victim, for each it sent.
constexpr std::uint64_t most_amplified = 3;
// What a request costs, in unacknowledged calls.
constexpr std::size_t longest_method = 32;
constexpr double cost_of_call = 1, cost_of_request = 0.1;
constexpr std::size_t most_listed = 4096;
constexpr double most_forgotten_in_all_per_second = 400;

// Calls visit(name, value) for each header field of a message as it came; nothing is parsed.
template <typename Visit>
void for_each_header(std::string_view message, Visit&& visit) {
    for (std::size_t at = message.find('\n'); at != message.npos;) {
        const std::size_t end = message.find('\n', at + 1);
        const std::string_view line = message.substr(at + 1, end - at - 1);
        if (line.size() <= 1) break;  // the body
        const std::size_t colon = line.find(':');
        if (colon != line.npos) visit(line.substr(0, colon), trim(line.substr(colon + 1)));
        at = end;
    }
}

bool contains(const std::vector<IpPrefix>& list, const IpAddress& address) {
    return std::any_of(list.begin(), list.end(),
                       [&](const IpPrefix& each) { return each.contains(address.unmapped()); });
}

}  // namespace

std::optional<RequestSketch> sketch_of(std::string_view message) {
    const auto end = message.find(' ');
    if (end == message.npos || end == 0 || end > longest_method || message.starts_with("SIP/2.0 "))
        return std::nullopt;
    RequestSketch out;
    out.method = message.substr(0, end);
    for_each_header(message, [&out](std::string_view name, std::string_view value) {
        if (iequals(name, "User-Agent"))
            out.user_agent = value;
        else if (iequals(name, "To") || iequals(name, "t"))
            out.in_dialog = value.find(";tag=") != value.npos;
        else if (iequals(name, "Authorization"))
            out.has_credentials = !value.empty();
    });
    out.bytes = message.size();
    return out;
}

RequestSketch sketch_of(const SipMessage& request) {
    RequestSketch out;
    out.method = request.method().name();
    out.user_agent = request.header(HeaderId::user_agent).value_or(std::string_view{});
    out.in_dialog = !request.to_tag().empty();
    out.has_credentials = request.header(HeaderId::authorization).has_value();
    return out;
}

FloodGuard::FloodGuard(FloodSettings settings)
    : settings_(std::move(settings)), addresses_(settings_.addresses), peers_(settings_.addresses) {}

// Whoever has an IPv6 address has 2^64 of them.
IpAddress FloodGuard::key_of(const IpAddress& address) {
    const IpAddress plain = address.unmapped();
    if (plain.is_v4()) return plain;
    auto bytes = plain.bytes();
    std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
    return IpAddress::v6(bytes);
}

// Over a connection nobody can lie about his address, but that alone makes nobody welcome.
FloodGuard::Peer* FloodGuard::proven(const Flow& flow, TimePoint now) {
    if (flow.transport != Transport::udp) return nullptr;
    Peer* peer = peers_.find(flow.remote);
    return peer && now < peer->proven_until ? peer : nullptr;
}

bool FloodGuard::is_scanner(std::string_view agent) const {
    return !agent.empty() &&
           std::any_of(settings_.scanners.begin(), settings_.scanners.end(),
                       [&](const auto& s) { return iequals(agent.substr(0, s.size()), s); });
}

FloodGuard::Source& FloodGuard::source(const IpAddress& address, TimePoint now) {
    Source& from = addresses_[key_of(address)];
    forget(from, now);
    return from;
}

void FloodGuard::forget(Source& from, TimePoint now) const {
    const std::chrono::duration<double> passed =
        from.counted == TimePoint{} ? Duration{} : now - from.counted;
    from.open = std::max(0.0, from.open - passed.count() * settings_.forgotten_per_second);
    from.strikes = std::max(0.0, from.strikes - passed.count());
    from.counted = now;
}

// Forgeries nobody comes back for: as many as there are, all of them are forgotten in a few seconds.
void FloodGuard::forget_some(TimePoint now) {
    const std::chrono::duration<double> passed = counted_ == TimePoint{} ? Duration{} : now - counted_;
    open_in_all_ = std::max(0.0, open_in_all_ - passed.count() * most_forgotten_in_all_per_second);
    counted_ = now;
}

Admission FloodGuard::admit(const RequestSketch& request, const Flow& flow, TimePoint now) {
    if (!settings_.enabled) return Admission::pass;
    if (flow.transport == Transport::udp) peers_[flow.remote].received += request.bytes;
    if (contains(settings_.exempt, flow.remote.address)) return Admission::pass;
    Peer* known = proven(flow, now);
    // Inside a dialog it proves its sender, or is refused at little cost; an ACK makes no answer; and whoever
    // registered from here renews it, however many others write his address on their datagrams.
    const bool cheap = request.in_dialog || request.method == "ACK" || request.method == "CANCEL";
    if (known && (cheap || request.has_credentials)) return Admission::pass;
    if (!known) {
        Source& address = source(flow.remote.address, now);
        if (now < address.banned_until) {
            ++counters_.dropped_banned;
            return Admission::drop;
        }
        if (is_scanner(request.user_agent)) {
            ++counters_.dropped_scanners;
            strike(address, flow.remote.address, settings_.strikes, "scanner", now);
            return Admission::drop;
        }
        if (cheap) return Admission::pass;
        return charge(address, request.method == "INVITE" ? cost_of_call : cost_of_request, flow, now);
    }
    forget(known->own, now);
    return charge(known->own, request.method == "INVITE" ? cost_of_call : cost_of_request, flow, now);
}

Admission FloodGuard::charge(Source& from, double cost, const Flow& flow, TimePoint now) {
    forget_some(now);
    const bool call = cost >= cost_of_call;
    if (from.open + cost <= settings_.open_calls &&
        (!call || open_in_all_ + cost <= settings_.open_calls_in_all)) {
        from.open += cost;
        if (call) open_in_all_ += cost;
        return Admission::pass;
    }
    // What comes over UDP is repeated by whoever means it.
    if (flow.transport == Transport::udp) {
        ++counters_.dropped_limited;
        return Admission::drop;
    }
    ++counters_.refused_busy;
    return Admission::busy;
}

bool FloodGuard::may_send(std::size_t bytes, const Flow& flow, TimePoint now) {
    if (!settings_.enabled || flow.transport != Transport::udp) return true;
    Peer* peer = peers_.find(flow.remote);
    // Where nothing came from it is we who begin, and a contact has been proven by its registration.
    if (!peer || peer->received == 0 || now < peer->proven_until ||
        contains(settings_.exempt, flow.remote.address) || contains(settings_.local, flow.remote.address))
        return true;
    if (peer->sent + bytes > most_amplified * peer->received) {
        ++counters_.unsent;
        return false;
    }
    peer->sent += bytes;
    return true;
}

void FloodGuard::prove(const Flow& flow, TimePoint now) {
    if (!settings_.enabled) return;
    open_in_all_ = std::max(0.0, open_in_all_ - cost_of_call);
    Peer* known = proven(flow, now);
    Source& from = known ? known->own : source(flow.remote.address, now);
    from.open = std::max(0.0, from.open - cost_of_call);
    if (flow.transport == Transport::udp) peers_[flow.remote].proven_until = now + proof_lasts;
}

void FloodGuard::on_wrong_credentials(const Flow& flow, TimePoint now) {
    if (!settings_.enabled || contains(settings_.exempt, flow.remote.address)) return;
    strike(source(flow.remote.address, now), flow.remote.address, 1, "wrong credentials", now);
}

void FloodGuard::strike(Source& from, const IpAddress& address, double weight, std::string_view why,
                        TimePoint now) {
    from.strikes += weight;
    if (from.strikes < settings_.strikes || now < from.banned_until) return;
    from.next_ban = from.next_ban == Duration{} ? settings_.first_ban
                                                : std::min(2 * from.next_ban, settings_.longest_ban);
    impose(from, address, from.next_ban, why, now);
}

void FloodGuard::impose(Source& on, const IpAddress& address, Duration length, std::string_view why,
                        TimePoint now) {
    on.banned_until = now + length;
    on.strikes = 0;
    bans_.push_back({address, length, why});
    ++bans_so_far_;
    std::erase_if(standing_, [&](const Standing& s) { return key_of(s.address) == key_of(address); });
    if (standing_.size() == most_listed) standing_.pop_front();
    standing_.push_back({address, on.banned_until, why});
}

std::vector<Ban> FloodGuard::bans(TimePoint now) const {
    std::vector<Ban> out;
    for (const Standing& each : standing_)
        if (each.until > now) out.push_back({each.address, each.until - now, each.why});
    return out;
}

std::size_t FloodGuard::banned(TimePoint now) {
    std::erase_if(standing_, [&](const Standing& s) { return s.until <= now; });
    return standing_.size();
}

void FloodGuard::ban(const IpAddress& address, Duration length, TimePoint now) {
    impose(source(address, now), address, length, "operator", now);
}

bool FloodGuard::lift(const IpAddress& address, TimePoint now) {
    Source* const known = addresses_.find(key_of(address));
    if (!known || known->banned_until <= now) return false;
    *known = {};
    std::erase_if(standing_, [&](const Standing& s) { return key_of(s.address) == key_of(address); });
    return true;
}

std::vector<Ban> FloodGuard::take_bans() {
    return std::exchange(bans_, {});
}

}  // namespace rotunda::sip
