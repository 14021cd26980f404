#include "server/sip_transports.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "api/call_history.hpp"
#include "server/socket.hpp"
#include "signaling/stun_keep_alive.hpp"

namespace rotunda::server {
namespace {

// How often the certificate files are looked at.
constexpr Duration certificate_interval = std::chrono::seconds(10);
constexpr auto expiry_warning = std::chrono::hours(14 * 24);

SipTcpLimits tcp_limits(const Config::Sip& settings) {
    SipTcpLimits limits;
    limits.message = settings.message_size;
    limits.idle = settings.tcp.idle_timeout;
    limits.connections = settings.tcp.connections;
    limits.connections_per_peer = settings.tcp.connections_per_peer;
    limits.pending_output = settings.tcp.pending_per_peer;
    limits.half_message = settings.tcp.message_timeout;
    return limits;
}

std::string name_of(const ListenAddress& address) {
    return std::string(scheme_of(address.transport)) + "://" + address.endpoint.to_string();
}

bool is_secure(const ListenAddress& address) {
    return address.transport == sip::Transport::tls || address.transport == sip::Transport::wss;
}

// What an operator can do about a listener that cannot be had.
std::string_view remedy(int error) {
    switch (error) {
        case EADDRINUSE:
            return "; stop that program (ss -lptun shows it) or choose another port";
        case EADDRNOTAVAIL:
            return "; behind NAT listen on 0.0.0.0 and set sip.external_address";
        case EACCES:
            return "; ports below 1024 need root or CAP_NET_BIND_SERVICE";
        default:
            return {};
    }
}

}  // namespace

SipTransports::SipTransports(EventLoop& loop, const Clock& clock, LogSink& log, LogSink& events,
                             const AdvertisedAddresses& advertised, const Config::Sip& settings,
                             Handlers handlers)
    : loop_(loop),
      log_(log),
      events_(events),
      advertised_(advertised),
      settings_(settings),
      handlers_(std::move(handlers)),
      tcp_(loop, clock, log, advertised, tcp_limits(settings), settings.dscp,
           {handlers_.on_message, handlers_.on_send_failed, handlers_.on_connection_lost,
            handlers_.lets_connect, handlers_.is_known, handlers_.in_use}),
      clock_(clock),
      certificate_timer_(loop, clock, [this] { look_for_new_certificates(); }) {}

SipTransports::~SipTransports() {
    *alive_ = false;
}

SipUdpSocket::Counters SipTransports::udp_counters() const {
    SipUdpSocket::Counters sum;
    for (const auto& socket : udp_) {
        const SipUdpSocket::Counters& one = socket->counters();
        sum.received += one.received;
        sum.sent += one.sent;
        sum.send_errors += one.send_errors;
        sum.receive_errors += one.receive_errors;
        sum.reads += one.reads;
        sum.late_reads += one.late_reads;
    }
    return sum;
}

Result<Endpoint, int> SipTransports::listen(const ListenAddress& address) {
    if (address.transport != sip::Transport::udp) return tcp_.listen(address.transport, address.endpoint);
    auto socket = SipUdpSocket::open(loop_, address.endpoint, settings_.dscp,
                                     [this](std::string_view bytes, const Endpoint& local,
                                            const Endpoint& remote) { on_datagram(bytes, local, remote); });
    if (!socket) return fail(int{socket.error()});
    udp_.push_back(std::move(*socket));
    return Endpoint(udp_.back()->bound());
}

Result<std::vector<ListenAddress>> SipTransports::listen() {
    if (auto ready = prepare_tls(); !ready) return fail(Error(ready.error()));
    std::vector<ListenAddress> bound;
    for (const ListenAddress& address : settings_.listen) {
        auto endpoint = listen(address);
        if (endpoint) {
            bound.push_back({address.transport, *endpoint, address.optional});
            continue;
        }
        const int error = endpoint.error();
        const bool no_such_family = error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
        if (!address.optional || !no_such_family)
            return fail_with("sip.listen: " + name_of(address) + ": " + why_not_bound(error) +
                             std::string(remedy(error)));
    }
    return bound;
}

Result<bool> SipTransports::prepare_tls() {
    const bool serves = std::ranges::any_of(settings_.listen, is_secure);
    auto loaded = TlsContext::load(settings_.tls, serves);
    if (!loaded) return fail(Error(loaded.error()));
    tls_ = std::move(*loaded);
    tcp_.use(tls_.get(), &tls_peers_, &settings_.web_socket_origins);
    certificate_timer_.set(clock_.now() + certificate_interval);
    warn_of_expiry();
    if (tls_->self_signed())
        log_.write({LogLevel::warning,
                    "sip.tls_self_signed",
                    "no sip.tls.certificate: serving with one made just now, which no client can verify",
                    {}});
    return true;
}

std::optional<Error> SipTransports::use(const Config::Tls& settings) {
    const auto used = tls_->use(settings);
    if (!used) return used.error();
    if (*used) tell_of_new_certificates();
    return std::nullopt;
}

void SipTransports::tell_of_new_certificates() {
    events_.write({LogLevel::info, "sip.tls_reloaded", "new connections use the new certificates", {}});
}

void SipTransports::look_for_new_certificates() {
    const auto reloaded = tls_->reload_if_changed();
    if (!reloaded)
        events_.write({LogLevel::warning, "sip.tls_not_reloaded", reloaded.error().message, {}});
    else if (*reloaded)
        tell_of_new_certificates();
    warn_of_expiry();
    certificate_timer_.set(clock_.now() + certificate_interval);
}

// Once when the end is near, and once when it has come.
void SipTransports::warn_of_expiry() {
    const auto ends = tls_->expires();
    const WallTime now = clock_.wall();
    const Expiry expiry = !ends || now + expiry_warning < *ends ? Expiry::far
                          : now < *ends                         ? Expiry::soon
                                                                : Expiry::over;
    if (std::exchange(expiry_told_, expiry) == expiry || expiry == Expiry::far) return;
    const bool over = expiry == Expiry::over;
    events_.write({over ? LogLevel::error : LogLevel::warning,
                   over ? "sip.certificate_expired" : "sip.certificate_expires",
                   over ? "clients that verify it refuse new connections; those that stand stay"
                        : "sip.tls.certificate is to be renewed; a new file is taken up by itself",
                   {{"ends", api::timestamp(*ends)}}});
}

void SipTransports::on_datagram(std::string_view bytes, const Endpoint& local, const Endpoint& remote) {
    if (remote.port == 0) return;  // nobody could be answered
    sip::Flow flow;
    flow.transport = sip::Transport::udp;
    flow.local = local;
    flow.remote = remote;
    flow.advertised = advertised_.for_sip(local, remote.address);
    if (sip::is_stun(bytes)) {
        if (handlers_.answers_stun && !handlers_.answers_stun(flow)) return;
        if (const auto answer = sip::answer_stun(bytes, remote)) (void)send_datagram(flow, *answer);
        return;
    }
    // A keep-alive of CRLF too (RFC 5626 §4.4.2 leaves UDP to STUN, yet phones send it): it needs no answer.
    handlers_.on_datagram(bytes, flow);
}

int SipTransports::send_datagram(const sip::Flow& flow, std::string_view bytes) {
    for (const auto& socket : udp_) {
        const Endpoint& bound = socket->bound();
        const bool same_address = bound.address == flow.local.address || bound.address.is_wildcard();
        if (bound.port == flow.local.port && bound.address.family() == flow.remote.address.family() &&
            same_address)
            return socket->send(bytes, flow.local.address, flow.remote);
    }
    return EADDRNOTAVAIL;
}

void SipTransports::keep_alive(const rooms::KeepAlive& what) {
    if (what.flow.transport != sip::Transport::udp)
        return tcp_.ping(what.flow, rooms::KeepAlive::octets, what.pong_due);
    (void)send_datagram(what.flow, rooms::KeepAlive::octets);
}

void SipTransports::send(const sip::OutgoingMessage& message) {
    const sip::Flow& flow = message.flow;
    if (flow.transport != sip::Transport::udp) return tcp_.send(message);
    const int error = send_datagram(flow, message.bytes);
    // A full buffer is loss, which the transactions repair; the rest is a transport error (RFC 3261 §18.4).
    if (error == 0 || error == EAGAIN || error == ENOBUFS) return;
    log_.write(
        {LogLevel::debug, "sip.send_failed", why_not_bound(error), {{"peer", flow.remote.to_string()}}});
    loop_.post([this, alive = alive_, flow] {
        if (*alive) handlers_.on_send_failed(flow);
    });
}

}  // namespace rotunda::server
