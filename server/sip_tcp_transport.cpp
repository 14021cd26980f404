#include "server/sip_tcp_transport.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>

#include "base/subscriber_address.hpp"
#include "server/link_local.hpp"
#include "server/socket.hpp"

namespace rotunda::server {
namespace {

constexpr int accepts_in_a_row = 64;
constexpr Duration accept_pause = std::chrono::milliseconds(100);
constexpr Duration accept_warning_interval = std::chrono::minutes(1);
constexpr Duration proofs_interval = std::chrono::seconds(1);
// For so long after its last whole message (2 x 64*T1) a connection we opened keeps its place though nothing
// uses it; then it may be displaced like any other.
constexpr Duration opened_lasts = std::chrono::seconds(64);

// A dead peer is found by the kernel within two minutes, so that idle connections may stand for long.
void set_keep_alive(int fd) {
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 15);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
    // Also where something is on its way to him, which puts the probes off.
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 120'000);
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

// RFC 5922 §7: whom a TLS peer has to prove to be.
std::string domain_of(const sip::Flow& flow) {
    return flow.domain.empty() ? flow.remote.address.to_string() : flow.domain;
}

}  // namespace

SipTcpTransport::SipTcpTransport(EventLoop& loop, const Clock& clock, LogSink& log,
                                 const AdvertisedAddresses& advertised, const SipTcpLimits& limits,
                                 std::uint8_t dscp, Handlers handlers)
    : loop_(loop),
      clock_(clock),
      log_(log),
      advertised_(advertised),
      limits_(limits),
      dscp_(dscp),
      handlers_(std::move(handlers)),
      timer_(loop, clock, [this] { on_timer(); }),
      accept_again_(loop, clock, [this] {
          for (const Listener& listener : listeners_) watch(listener);
      }) {}

SipTcpTransport::~SipTcpTransport() {
    *alive_ = false;
}

void SipTcpTransport::use(const TlsContext* tls, const std::vector<std::string>* peers,
                          const std::vector<std::string>* web_socket_origins) {
    tls_ = tls;
    peers_ = peers;
    origins_ = web_socket_origins;
}

Result<Endpoint, int> SipTcpTransport::listen(sip::Transport transport, const Endpoint& local) {
    auto fd = open_socket(SOCK_STREAM, local);
    if (!fd) return fail(int{fd.error()});
    if (::listen(fd->get(), SOMAXCONN) != 0) return fail(int{errno});
    const Endpoint bound = local_endpoint(fd->get()).value_or(local);
    watch(listeners_.emplace_back(Listener{std::make_unique<LoopSocket>(loop_, std::move(*fd)), transport}));
    return bound;
}

void SipTcpTransport::watch(const Listener& listener) {
    listener.socket->on_readable([this, socket = listener.socket.get(), transport = listener.transport] {
        accept_some(*socket, transport);
    });
}

void SipTcpTransport::accept_some(LoopSocket& listener, sip::Transport transport) {
    for (int i = 0; i < accepts_in_a_row; ++i) {
        SocketAddress remote;
        FileDescriptor fd(accept4(listener.fd(), remote.get(), remote.fill(), SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (fd) {
            admit(std::move(fd), transport, remote.endpoint());
        } else if (errno == EAGAIN) {
            return;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            ++counters_.accept_errors;
            return pause_accepting();
        }  // anything else concerns this one peer only
    }
}

// The waiting peer would keep the listener readable and the thread busy.
void SipTcpTransport::pause_accepting() {
    const TimePoint now = clock_.now();
    if (!accept_warned_ || now >= *accept_warned_ + accept_warning_interval) {
        accept_warned_ = now;
        log_.write({LogLevel::warning, "sip.accept_paused", "out of resources for new TCP connections", {}});
    }
    for (Listener& listener : listeners_) listener.socket->pause_reading();
    accept_again_.set(now + accept_pause);
}

void SipTcpTransport::admit(FileDescriptor fd, sip::Transport transport, const Endpoint& remote) {
    const auto local = local_endpoint(fd.get());
    if (!local) return;
    sip::Flow flow;
    flow.transport = transport;
    flow.local = *local;
    flow.remote = remote;
    const bool known = handlers_.is_known && handlers_.is_known(flow);
    if (has_enough(remote, known) || (handlers_.lets_connect && !handlers_.lets_connect(flow))) {
        ++counters_.refused_peer;
        return;
    }
    const bool guest = !make_place() && !known;
    if (guest && !make_guest_place(transport)) {
        ++counters_.refused_full;
        return;
    }
    ++counters_.accepted;
    flow.advertised = advertised_.for_sip(*local, remote.address);
    const SipTcpConnection* added = add(std::move(fd), flow, false);
    if (!added || added->ended() || known) return;
    const sip::ConnectionId id = added->flow().connection;
    auto& list = guest ? guests_ : strangers_;
    Member& member = connections_.at(id);
    member.stranger = list.insert(list.end(), id);
    member.guest = guest;
}

// A trunk may have one for each call, but leaves room for others if it closes none.
bool SipTcpTransport::has_enough(const Endpoint& remote, bool known) const {
    const std::size_t most =
        known ? std::max<std::size_t>(limits_.connections_per_peer, limits_.connections / 2)
              : limits_.connections_per_peer;
    const auto same = per_peer_.find(subscriber_of(remote.address));
    return same != per_peer_.end() && same->second >= most;
}

// What it ends may be on the call stack: it is kept until the loop's next turn (leaving_).
bool SipTcpTransport::make_place() {
    if (taken() >= limits_.connections && strangers_.empty()) forget_old_proofs();
    while (!strangers_.empty() && taken() >= limits_.connections) dismiss_first(strangers_);
    return taken() < limits_.connections;
}

bool SipTcpTransport::make_guest_place(sip::Transport transport) {
    if (!sip::is_secure(transport) || peers_->empty() || limits_.reserve == 0) return false;
    while (guests_.size() >= limits_.reserve) dismiss_first(guests_);
    return true;
}

void SipTcpTransport::dismiss_first(const std::list<sip::ConnectionId>& list) {
    Member& longest = connections_.at(list.front());
    // A certificate may have said since then who he is.
    if (handlers_.is_known && handlers_.is_known(longest.connection->flow()))
        prove(list.front());
    else
        longest.connection->drop(SipTcpEnd::displaced);
}

bool SipTcpTransport::settle_guest(SipTcpConnection& connection) {
    const sip::ConnectionId id = connection.flow().connection;
    Member& member = connections_.at(id);
    if (handlers_.is_known && handlers_.is_known(connection.flow())) {
        prove(id);
    } else if (make_place()) {
        strangers_.splice(strangers_.end(), guests_, *member.stranger);
        member.guest = false;
    } else {
        connection.drop(SipTcpEnd::displaced);
        return false;
    }
    return true;
}

void SipTcpTransport::forget_old_proofs() {
    const TimePoint now = clock_.now();
    if (!handlers_.in_use || (proofs_looked_at_ && now < *proofs_looked_at_ + proofs_interval)) return;
    proofs_looked_at_ = now;
    const auto used = handlers_.in_use();
    std::vector<std::pair<TimePoint, sip::ConnectionId>> unused;
    for (const auto& [id, member] : connections_) {
        if (member.stranger || used.contains(id)) continue;
        if (member.opened && now < member.connection->last_message() + opened_lasts) continue;
        if (handlers_.is_known && handlers_.is_known(member.connection->flow())) continue;
        unused.emplace_back(member.connection->last_message(), id);
    }
    std::ranges::sort(unused, {}, [](const auto& each) { return each.first; });
    for (const auto& [since, id] : unused)
        connections_.at(id).stranger = strangers_.insert(strangers_.end(), id);
}

void SipTcpTransport::prove(sip::ConnectionId connection) {
    const auto it = connections_.find(connection);
    if (it == connections_.end() || !it->second.stranger) return;
    Member& member = it->second;
    (member.guest ? guests_ : strangers_).erase(*member.stranger);
    member.stranger.reset();
    member.guest = false;
}

SipTcpConnection* SipTcpTransport::add(FileDescriptor fd, sip::Flow flow, bool connecting) {
    set_keep_alive(fd.get());
    set_dscp(fd.get(), flow.remote.address.family(), dscp_);
    const sip::ConnectionId id = ids_.next();
    flow.connection = id;
    std::unique_ptr<SipTcpConnection> created;
    try {
        created = std::make_unique<SipTcpConnection>(loop_, clock_, limits_,
                                                     static_cast<SipTcpConnection::Owner&>(*this),
                                                     std::move(fd), flow, connecting);
    } catch (const std::exception&) {  // the reactor's: it has no room for one more descriptor
        ++counters_.setup_errors;
        return nullptr;
    }
    SipTcpConnection* connection = created.get();
    if (!add_layers(*connection, connecting)) {
        ++counters_.setup_errors;
        return nullptr;
    }
    by_remote_[{flow.transport, flow.remote}] = id;
    ++per_peer_[subscriber_of(flow.remote.address)];
    connections_[id].connection = std::move(created);
    connection->start();
    on_progress(*connection);
    return connection;
}

bool SipTcpTransport::add_layers(SipTcpConnection& connection, bool connecting) {
    const sip::Flow& flow = connection.flow();
    const bool web_socket = flow.transport == sip::Transport::ws || flow.transport == sip::Transport::wss;
    if (web_socket) connection.use(std::make_unique<WebSocket>(*origins_, limits_.message));
    if (flow.transport != sip::Transport::tls && flow.transport != sip::Transport::wss) return true;
    if (!tls_) return false;
    auto tls = connecting ? TlsSession::as_client(*tls_, domain_of(flow)) : TlsSession::as_server(*tls_);
    const bool made = tls != nullptr;
    connection.use(std::move(tls), *peers_);
    return made;
}

SipTcpConnection* SipTcpTransport::find(const sip::Flow& flow) {
    if (auto it = connections_.find(flow.connection); it != connections_.end())
        return it->second.connection.get();
    const auto it = by_remote_.find({flow.transport, flow.remote});
    if (it == by_remote_.end()) return nullptr;
    SipTcpConnection* connection = connections_.at(it->second).connection.get();
    // RFC 5923 §9: who has proven to be one domain has not proven to be another.
    const bool same = flow.transport != sip::Transport::tls || connection->flow().domain == flow.domain;
    return same ? connection : nullptr;
}

SipTcpConnection* SipTcpTransport::open(const sip::Flow& flow) {
    // Trunks are to be reached, and calls to be ended, however many strangers there are.
    const bool known = handlers_.is_known && handlers_.is_known(flow);
    if (!make_place() && !known && taken() >= limits_.connections + limits_.reserve) return nullptr;
    if (!known && has_enough(flow.remote, known)) return nullptr;
    // RFC 7118: a WebSocket is opened by the client.
    if (flow.transport != sip::Transport::tcp && flow.transport != sip::Transport::tls) return nullptr;
    auto fd = open_unbound_socket(SOCK_STREAM, flow.remote.address.family());
    if (!fd) return nullptr;
    if (flow.local.address.family() == flow.remote.address.family() && !flow.local.address.is_wildcard()) {
        // The peer should see us where he reached us before; any port will do.
        const SocketAddress source = zoned(Endpoint{flow.local.address, 0});
        (void)bind(fd->get(), source.get(), source.size());
    }
    const SocketAddress remote = zoned(flow.remote);
    if (connect(fd->get(), remote.get(), remote.size()) != 0 && errno != EINPROGRESS) return nullptr;
    ++counters_.opened;
    SipTcpConnection* added = add(std::move(*fd), flow, true);
    if (added && !added->ended()) connections_.at(added->flow().connection).opened = true;
    return added;
}

void SipTcpTransport::send(const sip::OutgoingMessage& message) {
    const sip::Flow& flow = message.flow;
    SipTcpConnection* connection = find(flow);
    if (!connection) connection = open(flow);
    if (!connection) return report_failure(flow);
    note_former(flow, *connection);
    connection->connect_within(message.connect_within);
    connection->send(message.bytes);
    if (!connection->ended()) on_progress(*connection);
}

void SipTcpTransport::ping(const sip::Flow& flow, std::string_view octets, bool pong_due) {
    SipTcpConnection* connection = find(flow);
    if (!connection) return;
    if (pong_due) connection->expect_pong();
    connection->send(octets);
    if (!connection->ended()) on_progress(*connection);
}

void SipTcpTransport::note_former(const sip::Flow& flow, const SipTcpConnection& connection) {
    const sip::ConnectionId id = connection.flow().connection;
    if (!flow.connection || flow.connection == id) return;
    auto& former = connections_.at(id).stands_for;
    if (std::find(former.begin(), former.end(), flow.connection) == former.end())
        former.push_back(flow.connection);
}

void SipTcpTransport::report_lost_output(const Member& member) {
    sip::Flow flow = member.connection->flow();
    report_failure(flow);
    for (const sip::ConnectionId former : member.stands_for) {
        flow.connection = former;
        report_failure(flow);
    }
}

void SipTcpTransport::report_failure(const sip::Flow& flow) {
    loop_.post([this, alive = alive_, flow] {
        if (*alive) handlers_.on_send_failed(flow);
    });
}

void SipTcpTransport::on_message(SipTcpConnection& connection, sip::ParsedMessage message) {
    const sip::Flow flow = connection.flow();
    Member& member = connections_.at(flow.connection);
    if (member.guest && !settle_guest(connection)) return;
    if (member.stranger) strangers_.splice(strangers_.end(), strangers_, *member.stranger);
    handlers_.on_message(std::move(message), flow);
}

void SipTcpTransport::on_end(SipTcpConnection& connection, SipTcpEnd end) {
    const sip::Flow flow = connection.flow();
    ++counters_.ended[static_cast<std::size_t>(end)];
    if (end != SipTcpEnd::closed_by_peer)
        log_.write({LogLevel::debug,
                    "sip.connection_dropped",
                    std::string(to_string(end)),
                    {{"peer", flow.remote.to_string()}}});
    if (connection.has_pending_output()) report_lost_output(connections_.at(flow.connection));
    const auto known = by_remote_.find({flow.transport, flow.remote});
    if (known != by_remote_.end() && known->second == flow.connection) by_remote_.erase(known);
    if (auto it = per_peer_.find(subscriber_of(flow.remote.address));
        it != per_peer_.end() && --it->second == 0)
        per_peer_.erase(it);
    deadlines_.erase(flow.connection);
    prove(flow.connection);  // it is in nobody's way any more
    auto node = connections_.extract(flow.connection);
    memory_ -= node.mapped().memory;
    leaving_.push_back(std::move(node.mapped().connection));
    loop_.post([this, alive = alive_, id = flow.connection] {
        if (!*alive) return;
        leaving_.clear();
        handlers_.on_connection_lost(id);
    });
}

void SipTcpTransport::on_progress(SipTcpConnection& connection) {
    deadlines_.set(connection.flow().connection, connection.deadline());
    account(connection);
    rearm();
}

void SipTcpTransport::account(const SipTcpConnection& connection) {
    Member& member = connections_.at(connection.flow().connection);
    memory_ += connection.memory() - member.memory;
    member.memory = connection.memory();
    if (!connection.has_pending_output()) member.stands_for.clear();
    if (memory_ > limits_.memory) make_room();
}

// Whoever has said nothing whole for longest is the likeliest to keep us waiting on purpose. Only those that
// keep the average or more are asked to go: a thousand that hold an octet each would make no room.
void SipTcpTransport::make_room() {
    while (memory_ > limits_.memory) {
        SipTcpConnection* oldest = nullptr;
        const std::size_t average = memory_ / connections_.size();
        for (const auto& [id, member] : connections_)
            if (member.memory >= std::max<std::size_t>(average, 1) &&
                (!oldest || member.connection->last_message() < oldest->last_message()))
                oldest = member.connection.get();
        oldest->drop(SipTcpEnd::no_memory);
    }
}

void SipTcpTransport::on_timer() {
    while (auto id = deadlines_.pop_due(clock_.now())) {
        auto it = connections_.find(*id);
        if (it == connections_.end()) continue;
        SipTcpConnection& connection = *it->second.connection;
        connection.on_timeout();
        if (!connection.ended()) deadlines_.set(*id, connection.deadline());
    }
    rearm();
}

void SipTcpTransport::rearm() {
    timer_.set(deadlines_.next());
}

}  // namespace rotunda::server
