#include "server/front_door.hpp"

namespace rotunda::server {
namespace {

sip::FloodSettings flood_settings(const Config& config) {
    sip::FloodSettings settings = config.flood;
    settings.local = config.auth.local_net;
    return settings;
}

}  // namespace

FrontDoor::FrontDoor(const Config& config, const accounts::AccessPolicy& policy, const Clock& clock,
                     LogSink& log, const KeyedHash& hash, sip::FloodGuard::Voucher voucher)
    : policy_(policy), clock_(clock), log_(log), guard_(flood_settings(config), hash, std::move(voucher)) {}

bool FrontDoor::hears(const sip::Flow& flow) {
    return accounts::is_listed(policy_, flow) &&
           (accounts::trusted_peer(policy_, flow) || !guard_.is_shut_out(flow, clock_.now()));
}

// A response passes even from an address banned on evidence that could be forged: hears() asks for the other
// kind only. Else others could silence in his name whom we called.
bool FrontDoor::lets_in(std::string_view datagram, const sip::Flow& flow) {
    const auto request = sip::sketch_of(datagram);
    if (!request) return hears(flow);
    if (!accounts::is_listed(policy_, flow)) return false;
    if (accounts::trusted_peer(policy_, flow)) return true;
    const auto admission = guard_.admit(*request, flow, clock_.now());
    tell_of_bans();
    return admission == sip::Admission::pass;
}

// The lists may have changed since the connection was made.
sip::Admission FrontDoor::lets_in(const sip::ParsedMessage& message, const sip::Flow& flow) {
    if (!accounts::is_listed(policy_, flow)) return sip::Admission::drop;
    if (accounts::trusted_peer(policy_, flow)) return sip::Admission::pass;
    const bool ok = message.ok();
    if (ok && !message.message.is_request())
        return guard_.is_shut_out(flow, clock_.now()) ? sip::Admission::drop : sip::Admission::pass;
    const auto sketch = ok ? sip::sketch_of(message.message) : sip::RequestSketch{};
    const auto admission = guard_.admit(sketch, flow, clock_.now());
    tell_of_bans();
    // A broken request may lack what a 503 needs (Via, tags): it is dropped instead.
    return ok || admission == sip::Admission::pass ? admission : sip::Admission::drop;
}

bool FrontDoor::lets_connect(const sip::Flow& flow) {
    return accounts::is_listed(policy_, flow) &&
           (accounts::trusted_peer(policy_, flow) || guard_.may_connect(flow, clock_.now()));
}

bool FrontDoor::lets_out(const sip::OutgoingMessage& message) {
    if (accounts::trusted_peer(policy_, message.flow)) return true;
    return guard_.may_send(message.bytes, message.flow, clock_.now());
}

void FrontDoor::on_guess(const sip::Flow& flow) {
    guard_.on_wrong_credentials(flow, true, clock_.now());
    tell_of_bans();
}

void FrontDoor::ban(const IpAddress& address, Duration length) {
    guard_.ban(address, length, clock_.now());
    tell_of_bans();
}

bool FrontDoor::lift(const IpAddress& address) {
    if (!guard_.lift(address, clock_.now())) return false;
    log_.write({LogLevel::info, "sip.ban_lifted", "by an operator", {{"source", address.to_string()}}});
    return true;
}

// A form that fail2ban reads: docs/security.md has the expression.
void FrontDoor::tell_of_bans() {
    for (const sip::Ban& ban : guard_.take_bans()) {
        LogRecord line{LogLevel::warning,
                       "sip.banned",
                       std::string(ban.why),
                       {{"source", ban.address.to_string()},
                        {"seconds", std::to_string(ban.length / std::chrono::seconds(1))},
                        {"forgeable", ban.forgeable ? "yes" : "no"}}};
        if (ban.port != 0) line.fields.emplace_back("port", std::to_string(ban.port));
        log_.write(line);
    }
}

}  // namespace rotunda::server
