#include "signaling/flood_guard.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/address_list.hpp"
#include "base/text.hpp"
#include "signaling/response_route.hpp"

namespace rotunda::sip {
namespace {

// How long who has read our answer is believed to be where he is; each further proof begins it anew.
// Longer than a registration.
constexpr Duration proof_lasts = std::chrono::hours(2);
// Bytes to an endpoint that may be a victim, for each it sent.
constexpr std::uint64_t most_amplified = 3;
// To an endpoint from which nothing came: a request of ours, and once more should it be lost.
// After a transaction's life so much again: he may have been away, and his answer proves him.
constexpr double copies_to_named = 2, copies_forgotten = 1.0 / 32;
// To all endpoints of an address that were only named, ACKs included: enough for each copy of a lost ACK, of
// little use against a victim.
constexpr double octets_to_named = 8000, octets_forgotten = 250;
// What proven endpoints of one address have open together, as a multiple of what each may have.
constexpr double together_at_most = 3;
// Beside that each has a share of its own, so that whoever floods in the name of all ports of an address
// leaves something to each phone there.
constexpr double share_calls = 5, share_calls_forgotten = 1, share_requests = 20,
                 share_requests_forgotten = 4;
// Of what only its true sender can have written, beyond his measure; what completes is given back.
constexpr double vouched_at_most = 200, vouched_forgotten = 50;
constexpr double strikes_forgiven_per_second = 1;
constexpr std::size_t longest_cseq = 24;  // " 4294967295 REGISTER\r\n"
constexpr double bans_told = 10, bans_told_per_second = 10;

// Outside every dialog it is we who begin.
bool begins(const RequestSketch& request) {
    constexpr std::string_view never[] = {"ACK", "BYE", "NOTIFY", "UPDATE", "INFO", "PRACK"};
    return request.to_tag.empty() &&
           std::find(std::begin(never), std::end(never), request.method) == std::end(never);
}

// An error that is neither a challenge nor what becomes of a call or a registration: a broken request, one
// for a call that does not stand, a method that wants credentials, or none of ours (interop rule 16).
bool answers_junk(std::string_view message) {
    constexpr std::string_view version = "SIP/2.0 ", cseq = "\nCSeq:";
    if (!message.starts_with(version) || message.size() < version.size() + 3 || message[version.size()] < '4')
        return false;
    const std::string_view status = message.substr(version.size(), 3);
    const std::size_t at = message.find(cseq);
    const std::string_view line = message.substr(std::min(at, message.size()), cseq.size() + longest_cseq);
    const bool begins = line.find(" INVITE\r") != line.npos || line.find(" REGISTER\r") != line.npos;
    return !begins || status == "400" || status == "416" || status == "481";
}

// Some phones listen at another port than they send from (RFC 3261 §18.2.2, interop rule 15).
Endpoint answered_at(const RequestSketch& request, const Flow& flow) {
    const auto via = Via::parse(request.via.substr(0, request.via.find(',')));
    return via ? response_flow(*via, flow).remote : flow.remote;
}

}  // namespace

FloodGuard::FloodGuard(FloodSettings settings, const KeyedHash& hash, Voucher voucher)
    : settings_(std::move(settings)),
      voucher_(std::move(voucher)),
      sides_{{{settings_.addresses, hash}, {settings_.addresses, hash}}},
      accounts_(settings_.addresses, hash),
      named_(settings_.addresses, hash) {}

FloodGuard::Proven* FloodGuard::proven(const Flow& flow, TimePoint now) {
    Proven* known = sides_[evidence_of(flow)].proven.find(flow.remote);
    return known && now < known->until ? known : nullptr;
}

bool FloodGuard::is_banned(const Flow& flow, Evidence grade, TimePoint now) {
    const Sentence* ban = sides_[grade].bans.find(subscriber_of(flow.remote.address));
    return ban && now < ban->until;
}

bool FloodGuard::is_shut_out(const Flow& flow, TimePoint now) {
    if (!settings_.enabled) return false;
    const Proven* known = proven(flow, now);
    return known ? now < known->ban.until : is_banned(flow, sure, now);
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
        const bool hangs_up = request.method == "BYE" && !request.to_tag.empty();
        if (hangs_up && charge(known->own, request, nullptr, {}, {}, now)) return Admission::pass;
        ++counters_.dropped_banned;
        return Admission::drop;
    }
    // Whoever registered or talks from here goes on with it, however many others write his address on their
    // datagrams.
    Place* here = place(flow);
    const Bounds share{share_calls, share_calls_forgotten, share_requests, share_requests_forgotten};
    if (charge(known->own, request, here ? &here->proven : nullptr, place_bounds(), share, now) ||
        passes_as_vouched(known->own, request, flow, now))
        return Admission::pass;
    return refuse(request, flow);
}

bool FloodGuard::passes_as_vouched(Source& from, const RequestSketch& request, const Flow& flow,
                                   TimePoint now) {
    return voucher_ && (!request.to_tag.empty() || !request.authorization.empty()) &&
           voucher_(request, flow) && from.vouched.take(1, vouched_at_most, vouched_forgotten, now);
}

FloodGuard::Bounds FloodGuard::place_bounds() const {
    const FloodSettings& each = settings_;
    return {together_at_most * each.open_calls, together_at_most * each.open_calls_forgotten,
            together_at_most * each.requests, together_at_most * each.requests_forgotten};
}

FloodGuard::Bounds FloodGuard::all_bounds() const {
    return {settings_.open_calls_in_all, settings_.open_calls_in_all_forgotten, settings_.requests_in_all,
            settings_.requests_in_all_forgotten};
}

Admission FloodGuard::admit_unproven(const RequestSketch& request, const Flow& flow, TimePoint now) {
    const Evidence grade = evidence_of(flow);
    const bool suspected = grade == forgeable && is_banned(flow, forgeable, now);
    if (is_banned(flow, sure, now) || (suspected && !may_register(request, flow, now))) {
        ++counters_.dropped_banned;
        return Admission::drop;
    }
    Source& address = sides_[grade].sources[subscriber_of(flow.remote.address)];
    if (is_scanner(request.user_agent)) {
        ++counters_.dropped_scanners;
        strike(address, nullptr, flow, grade, settings_.strikes, "scanner", now);
        return Admission::drop;
    }
    // A To tag is no proof of a dialog: who has one is proven by what he sends in it. But the ACK of a call
    // that got in is not lost in a flood.
    Crowd* crowd = grade == forgeable && !is_known(flow, now) ? &unproven_ : nullptr;
    if (!charge(address, request, crowd, all_bounds(), {}, now) &&
        (request.method != "ACK" || !passes_as_vouched(address, request, flow, now)))
        return refuse(request, flow);
    if (grade == forgeable) accounts_[answered_at(request, flow)].received += request.bytes;
    return Admission::pass;
}

// Where somebody is known, forged evidence keeps no phone from registering anew, be it from another port of
// its NAT's.
bool FloodGuard::may_register(const RequestSketch& request, const Flow& flow, TimePoint now) {
    return request.method == "REGISTER" && is_known(flow, now);
}

bool FloodGuard::charge(Source& from, const RequestSketch& request, Crowd* crowd, const Bounds& most,
                        const Bounds& share, TimePoint now) {
    const bool call = request.method == "INVITE" && request.to_tag.empty();
    Measure& own = call ? from.calls : from.requests;
    double& open = own.open.at(now, call ? settings_.open_calls_forgotten : settings_.requests_forgotten);
    own.together = std::min(own.together, open);  // what is forgotten is not given back
    if (open + 1 > (call ? settings_.open_calls : settings_.requests)) return false;
    const bool is_shared =
        crowd && !(call ? own.share.take(1, share.calls, share.calls_forgotten, now)
                        : own.share.take(1, share.requests, share.requests_forgotten, now));
    if (is_shared) {
        const bool taken = call ? crowd->calls.take(1, most.calls, most.calls_forgotten, now)
                                : crowd->requests.take(1, most.requests, most.requests_forgotten, now);
        if (!taken) return false;
        own.together += 1;
    }
    open += 1;
    return true;
}

void FloodGuard::give_back(Measure& measure, LeakyBucket& crowd, double count) {
    const double shared = std::min(measure.together, count);
    measure.open.give_back(count);
    measure.together -= shared;
    crowd.give_back(shared);
    measure.share.give_back(count - shared);
}

Admission FloodGuard::refuse(const RequestSketch& request, const Flow& flow) {
    // What comes over UDP is repeated by whoever means it, and an ACK is never answered.
    if (flow.transport == Transport::udp || request.method == "ACK") {
        ++counters_.dropped_limited;
        return Admission::drop;
    }
    ++counters_.refused_busy;
    return Admission::busy;
}

bool FloodGuard::may_connect(const Flow& flow, TimePoint now) {
    if (!settings_.enabled) return true;
    Source& address = sides_[sure].sources[subscriber_of(flow.remote.address)];
    if (!is_banned(flow, sure, now) &&
        address.connections.take(1, settings_.connections, settings_.connections_forgotten, now))
        return true;
    ++counters_.refused_connections;
    return false;
}

// --- what goes out

bool FloodGuard::may_send(std::string_view message, const Flow& flow, TimePoint now) {
    if (!settings_.enabled) return true;
    if (!settings_.answer_junk && answers_junk(message) && !proven(flow, now)) {
        ++counters_.unsent;
        return false;
    }
    if (flow.transport != Transport::udp || contains(settings_.local, flow.remote.address) ||
        proven(flow, now))
        return true;
    return may_hear(message, flow, now);
}

bool FloodGuard::may_hear(std::string_view message, const Flow& flow, TimePoint now) {
    const auto request = sketch_of(message);  // none: a response
    if (request && begins(*request)) return true;
    Account* account = request ? &accounts_[flow.remote] : accounts_.find(flow.remote);
    if (account && account->sent + message.size() <= most_amplified * account->received) {
        account->sent += message.size();
        return true;
    }
    // An answer to what is forgotten already is not worth a victim.
    if (request && may_hear_as_named(*request, *account, flow, now)) return true;
    ++counters_.unsent;
    return false;
}

// An ACK is no copy: each has a 2xx of its own, and nobody answers it and thereby proves himself.
bool FloodGuard::may_hear_as_named(const RequestSketch& request, Account& account, const Flow& flow,
                                   TimePoint now) {
    const bool is_ack = request.method == "ACK";
    const bool copy_is_due =
        account.received == 0 && account.requests.at(now, copies_forgotten) + 1 <= copies_to_named;
    LeakyBucket& octets = named_[subscriber_of(flow.remote.address)];
    if ((!is_ack && !copy_is_due) ||
        !octets.take(static_cast<double>(request.bytes), octets_to_named, octets_forgotten, now))
        return false;
    return is_ack || account.requests.take(1, copies_to_named, copies_forgotten, now);
}

// --- what is learnt

void FloodGuard::prove(const FlowProof& proof, TimePoint now) {
    if (!settings_.enabled) return;
    if (proof.by == FlowProof::By::passing) return pay_back_in_passing(proof.flow, now);
    Side& side = sides_[evidence_of(proof.flow)];
    // What is believed no more goes, twice as fast as others can come.
    for (int i = 0; i < 2; ++i)
        side.proven.drop_oldest_if([now](const Proven& oldest) { return now >= oldest.until; });
    Proven* known = proven(proof.flow, now);
    const auto address = [&]() -> Source& { return side.sources[subscriber_of(proof.flow.remote.address)]; };
    Place& here = side.places[subscriber_of(proof.flow.remote.address)];
    here.known_until = now + proof_lasts;
    Source& paid = known ? known->own : address();
    Crowd& crowd = known ? here.proven : unproven_;
    using By = FlowProof::By;
    if (proof.by == By::ack || proof.by == By::call_credentials) give_back(paid.calls, crowd.calls, 1);
    // This one, or the ACK; and the one that was challenged.
    give_back(paid.requests, crowd.requests, proof.by == By::credentials ? 2 : 1);
    paid.vouched.give_back(1);
    Proven& proven_now = known ? *known : side.proven[proof.flow.remote];
    proven_now.until = now + proof_lasts;
    if (!known && proof.by == By::call_credentials) {
        // The INVITE that was challenged is paid back too, and the one that stands is his own from now on.
        give_back(address().calls, unproven_.calls, 1);
        proven_now.own.calls.open.at(now, settings_.open_calls_forgotten) += 1;
    }
    // What completes over a connection completes the connection: some gateways open one for each call.
    if (std::exchange(proven_now.connection, proof.flow.connection) != proof.flow.connection)
        address().connections.give_back(1);
    if (proof.flow.transport == Transport::udp) accounts_.erase(proof.flow.remote);
}

void FloodGuard::pay_back_in_passing(const Flow& flow, TimePoint now) {
    Proven* known = proven(flow, now);
    Place* here = place(flow);
    Source* paid =
        known ? &known->own : sides_[evidence_of(flow)].sources.find(subscriber_of(flow.remote.address));
    if (paid) give_back(paid->requests, known && here ? here->proven.requests : unproven_.requests, 1);
}

void FloodGuard::on_wrong_credentials(const Flow& flow, bool ours, TimePoint now) {
    if (!settings_.enabled) return;
    const Evidence grade = ours ? sure : evidence_of(flow);
    Source& address = sides_[grade].sources[subscriber_of(flow.remote.address)];
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
    Sentence& ban = own ? *own : sides_[grade].bans[subscriber_of(flow.remote.address)];
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
    const IpAddress key = subscriber_of(address);
    TimePoint& until = sides_[sure].bans[key].until;
    until = std::max(until, now + length);
    // An operator means everybody there but trunks, who has proven himself too.
    for (Side& side : sides_)
        side.proven.for_each([&](const Endpoint& at, Proven& known) {
            if (subscriber_of(at.address) == key) known.ban.until = std::max(known.ban.until, now + length);
        });
    tell({address, length, "operator"}, now);
}

bool FloodGuard::lift(const IpAddress& address, TimePoint now) {
    const IpAddress key = subscriber_of(address);
    bool stood = false;
    for (Side& side : sides_) {
        const Sentence* ban = side.bans.find(key);
        stood |= ban && now < ban->until;
        side.bans.erase(key);
        side.sources.erase(key);
        side.proven.for_each([&](const Endpoint& at, Proven& known) {
            if (subscriber_of(at.address) != key) return;
            stood |= now < known.ban.until;
            known.ban = {};
        });
    }
    standing_.remove([&](const Ban& each) { return subscriber_of(each.address) == key; });
    return stood;
}

std::vector<Ban> FloodGuard::take_bans() {
    return std::exchange(bans_, {});
}

std::size_t FloodGuard::remembered() const {
    std::size_t all = accounts_.size() + named_.size();
    for (const Side& side : sides_)
        all += side.sources.size() + side.places.size() + side.bans.size() + side.proven.size();
    return all;
}

}  // namespace rotunda::sip
