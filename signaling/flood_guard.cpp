#include "signaling/flood_guard.hpp"

#include <algorithm>
#include <utility>

#include "base/address_list.hpp"
#include "base/text.hpp"

namespace rotunda::sip {
namespace {

// How long who has read our answer is believed to be where he is; each further proof begins it anew.
// Longer than a registration.
constexpr Duration proof_lasts = std::chrono::hours(2);
// Bytes to an endpoint that may be a victim, for each it sent.
constexpr std::uint64_t most_amplified = 3;
constexpr double strikes_forgiven_per_second = 1;
constexpr double bans_told = 10, bans_told_per_second = 10;

// Inside a dialog a request proves its sender or is refused at little cost, and an ACK makes no answer.
bool is_cheap(const RequestSketch& request) {
    return request.in_dialog || request.method == "ACK" || request.method == "CANCEL";
}

}  // namespace

FloodGuard::FloodGuard(FloodSettings settings, std::uint64_t secret)
    : settings_(std::move(settings)),
      sides_{{{settings_.addresses, secret}, {settings_.addresses, secret}}},
      accounts_(settings_.addresses, secret) {}

// Whoever has an IPv6 address has 2^64 of them.
IpAddress FloodGuard::key_of(const IpAddress& address) {
    const IpAddress plain = address.unmapped();
    if (plain.is_v4()) return plain;
    auto bytes = plain.bytes();
    std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
    return IpAddress::v6(bytes);
}

FloodGuard::Proven* FloodGuard::proven(const Flow& flow, TimePoint now) {
    Proven* known = sides_[evidence_of(flow)].proven.find(flow.remote);
    return known && now < known->until ? known : nullptr;
}

bool FloodGuard::is_banned(const Flow& flow, TimePoint now) {
    const auto by = [&](Evidence grade) {
        const Sentence* ban = sides_[grade].bans.find(key_of(flow.remote.address));
        return ban && now < ban->until;
    };
    return by(sure) || (evidence_of(flow) == forgeable && by(forgeable));
}

bool FloodGuard::is_scanner(std::string_view agent) const {
    return !agent.empty() &&
           std::any_of(settings_.scanners.begin(), settings_.scanners.end(),
                       [&](const auto& s) { return iequals(agent.substr(0, s.size()), s); });
}

// --- what comes in

Admission FloodGuard::admit(const RequestSketch& request, const Flow& flow, TimePoint now) {
    if (!settings_.enabled) return Admission::pass;
    Proven* known = proven(flow, now);
    if (!known) return admit_unproven(request, flow, now);
    if (now < known->ban.until) {
        // He may hang up: else his call stays in its room.
        if (request.in_dialog && request.method == "BYE") return Admission::pass;
        ++counters_.dropped_banned;
        return Admission::drop;
    }
    // Whoever registered from here renews it, however many others write his address on their datagrams.
    if (is_cheap(request) || request.has_credentials || charge(known->own, request, false, now))
        return Admission::pass;
    return refuse(flow);
}

Admission FloodGuard::admit_unproven(const RequestSketch& request, const Flow& flow, TimePoint now) {
    if (is_banned(flow, now)) {
        ++counters_.dropped_banned;
        return Admission::drop;
    }
    const Evidence grade = evidence_of(flow);
    Source& address = sides_[grade].sources[key_of(flow.remote.address)];
    if (is_scanner(request.user_agent)) {
        ++counters_.dropped_scanners;
        strike(address, nullptr, flow, grade, settings_.strikes, "scanner", now);
        return Admission::drop;
    }
    // A To tag is no proof of a dialog: who has one is proven by what he sends in it.
    if (request.method != "ACK" &&
        !charge(address, request, grade == forgeable && now >= address.known_until, now))
        return refuse(flow);
    if (grade == forgeable) accounts_[flow.remote].received += request.bytes;
    return Admission::pass;
}

bool FloodGuard::charge(Source& from, const RequestSketch& request, bool may_be_anybody, TimePoint now) {
    if (request.method != "INVITE" || request.in_dialog)
        return from.requests.take(1, settings_.requests, settings_.requests_forgotten, now);
    if (from.calls.at(now, settings_.open_calls_forgotten) + 1 > settings_.open_calls) return false;
    if (may_be_anybody) {
        if (!in_all_.take(1, settings_.open_calls_in_all, settings_.open_calls_in_all_forgotten, now))
            return false;
        from.in_all += 1;
    }
    from.calls.at(now, settings_.open_calls_forgotten) += 1;
    return true;
}

Admission FloodGuard::refuse(const Flow& flow) {
    // What comes over UDP is repeated by whoever means it.
    if (flow.transport == Transport::udp) {
        ++counters_.dropped_limited;
        return Admission::drop;
    }
    ++counters_.refused_busy;
    return Admission::busy;
}

bool FloodGuard::may_connect(const Flow& flow, TimePoint now) {
    if (!settings_.enabled) return true;
    Source& address = sides_[sure].sources[key_of(flow.remote.address)];
    if (!is_banned(flow, now) &&
        address.connections.take(1, settings_.connections, settings_.connections_forgotten, now))
        return true;
    ++counters_.refused_connections;
    return false;
}

// --- what goes out

bool FloodGuard::may_send(std::string_view message, const Flow& flow, TimePoint now) {
    if (!settings_.enabled || flow.transport != Transport::udp ||
        contains(settings_.local, flow.remote.address) || proven(flow, now))
        return true;
    const bool answers = message.starts_with("SIP/2.0 ");
    // Other requests it is we who begin.
    if (!answers && !message.starts_with("BYE ") && !message.starts_with("NOTIFY ")) return true;
    Account* account = accounts_.find(flow.remote);
    if (!account && !answers) return true;
    // An answer to what is forgotten already is not worth a victim.
    if (!account || account->sent + message.size() > most_amplified * account->received) {
        ++counters_.unsent;
        return false;
    }
    account->sent += message.size();
    return true;
}

// --- what is learnt

void FloodGuard::prove(const FlowProof& proof, TimePoint now) {
    if (!settings_.enabled) return;
    Side& side = sides_[evidence_of(proof.flow)];
    Proven* known = proven(proof.flow, now);
    Source& address = side.sources[key_of(proof.flow.remote.address)];
    Source& paid = known ? known->own : address;
    using By = FlowProof::By;
    if (proof.by == By::ack || proof.by == By::call_credentials) {
        paid.calls.give_back(1);
        if (paid.in_all >= 1) {
            paid.in_all -= 1;
            in_all_.give_back(1);
        }
    } else if (proof.by == By::credentials) {
        paid.requests.give_back(2);  // this one, and the one that was challenged
    } else if (!known) {
        paid.requests.give_back(1);
    }
    address.known_until = now + proof_lasts;
    side.proven[proof.flow.remote].until = now + proof_lasts;
    if (proof.flow.transport == Transport::udp) accounts_.erase(proof.flow.remote);
}

void FloodGuard::on_wrong_credentials(const Flow& flow, bool ours, TimePoint now) {
    if (!settings_.enabled) return;
    const Evidence grade = ours ? sure : evidence_of(flow);
    Source& address = sides_[grade].sources[key_of(flow.remote.address)];
    strike(address, nullptr, flow, grade, 1, "wrong credentials", now);
    if (Proven* known = proven(flow, now); known && grade == sure)
        strike(known->own, &known->ban, flow, grade, 1, "wrong credentials", now);
}

// `own`: the ban of a proven endpoint; null: of everybody unproven at that address.
void FloodGuard::strike(Source& from, Sentence* own, const Flow& flow, Evidence grade, double weight,
                        std::string_view why, TimePoint now) {
    double& strikes = from.strikes.at(now, strikes_forgiven_per_second);
    strikes += weight;
    if (strikes < settings_.strikes) return;
    strikes = 0;
    Sentence& ban = own ? *own : sides_[grade].bans[key_of(flow.remote.address)];
    if (now < ban.until) return;
    ban.next = ban.next == Duration{} ? settings_.first_ban : std::min(2 * ban.next, settings_.longest_ban);
    ban.until = now + ban.next;
    ++counters_.bans;
    // Of forged ones there may be thousands a second.
    if (!told_[grade].take(1, bans_told, bans_told_per_second, now)) return;
    const std::uint16_t port = own ? flow.remote.port : std::uint16_t{0};
    tell({flow.remote.address, ban.next, why, grade == forgeable, port}, now);
}

void FloodGuard::tell(const Ban& ban, TimePoint now) {
    bans_.push_back(ban);
    standing_.add(ban, now);
}

void FloodGuard::ban(const IpAddress& address, Duration length, TimePoint now) {
    ++counters_.bans;
    const IpAddress key = key_of(address);
    TimePoint& until = sides_[sure].bans[key].until;
    until = std::max(until, now + length);
    // An operator means everybody there but trunks, who has proven himself too.
    for (Side& side : sides_)
        side.proven.for_each([&](const Endpoint& at, Proven& known) {
            if (key_of(at.address) == key) known.ban.until = std::max(known.ban.until, now + length);
        });
    tell({address, length, "operator"}, now);
}

bool FloodGuard::lift(const IpAddress& address, TimePoint now) {
    const IpAddress key = key_of(address);
    bool stood = false;
    for (Side& side : sides_) {
        const Sentence* ban = side.bans.find(key);
        stood |= ban && now < ban->until;
        side.bans.erase(key);
        side.sources.erase(key);
        side.proven.for_each([&](const Endpoint& at, Proven& known) {
            if (key_of(at.address) != key) return;
            stood |= now < known.ban.until;
            known.ban = {};
        });
    }
    standing_.remove([&](const Ban& each) { return key_of(each.address) == key; });
    return stood;
}

std::vector<Ban> FloodGuard::take_bans() {
    return std::exchange(bans_, {});
}

std::size_t FloodGuard::remembered() const {
    std::size_t all = accounts_.size();
    for (const Side& side : sides_) all += side.sources.size() + side.bans.size() + side.proven.size();
    return all;
}

}  // namespace rotunda::sip
