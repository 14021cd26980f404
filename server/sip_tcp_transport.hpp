// SIP over TCP, TLS and WebSocket: listeners, the connections they accept, and those we open. Signaling
// thread.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/log.hpp"
#include "base/timer_queue.hpp"
#include "server/local_addresses.hpp"
#include "server/sip_tcp_connection.hpp"
#include "server/tls_context.hpp"

namespace rotunda::server {

// One peer, for connections_per_peer: the IPv4 address, or the IPv6 /64, of which a subscriber has all
// addresses.
IpAddress peer_of(const IpAddress& address);

class SipTcpTransport final : private SipTcpConnection::Owner {
  public:
    struct Counters {
        std::uint64_t accepted = 0;
        std::uint64_t opened = 0;
        std::uint64_t refused_full = 0;   // limits.connections reached
        std::uint64_t refused_peer = 0;   // limits.connections_per_peer reached
        std::uint64_t accept_errors = 0;  // above all: out of file descriptors
        std::uint64_t setup_errors = 0;   // the system could not watch one more, or TLS had no memory
        std::array<std::uint64_t, static_cast<std::size_t>(SipTcpEnd::count)> ended{};
    };
    struct Handlers {
        std::function<void(sip::ParsedMessage message, const sip::Flow& flow)> on_message;
        // Never called from within send(): what was queued for the flow is lost, or its connection could not
        // be opened.
        std::function<void(const sip::Flow& flow)> on_send_failed;
        // Likewise: a connection is gone, whoever ended it and whatever was under way.
        std::function<void(sip::ConnectionId connection)> on_connection_lost;
        // A peer connected; false: the connection is closed at once. Empty: all may.
        std::function<bool(const sip::Flow& flow)> lets_connect = {};
    };

    // Everything referred to outlives the transport.
    SipTcpTransport(EventLoop& loop, const Clock& clock, LogSink& log, const AdvertisedAddresses& advertised,
                    const SipTcpLimits& limits, std::uint8_t dscp, Handlers handlers);
    ~SipTcpTransport();

    // Before any TLS or WebSocket connection; all outlive the transport. Of `peers` the first domain that a
    // client proves by certificate becomes that of its flow.
    void use(const TlsContext* tls, const std::vector<std::string>* peers,
             const std::vector<std::string>* web_socket_origins);
    // The address bound to (port 0: any free one), or errno.
    Result<Endpoint, int> listen(sip::Transport transport, const Endpoint& local);
    // Over flow.connection if it stands, else over a connection to flow.remote, opened if need be.
    void send(const sip::OutgoingMessage& message);

    std::size_t connections() const { return connections_.size(); }
    // Octets of input and output that the connections keep.
    std::size_t memory() const { return memory_; }
    const Counters& counters() const { return counters_; }

  private:
    struct Listener {
        std::unique_ptr<LoopSocket> socket;
        sip::Transport transport;
    };
    using Peer = std::pair<sip::Transport, Endpoint>;

    struct Member {
        std::unique_ptr<SipTcpConnection> connection;
        std::size_t memory = 0;  // as counted in memory_
        // Former connections whose messages are in the output: who sent them knows those only.
        std::vector<sip::ConnectionId> stands_for;
    };

    void on_message(SipTcpConnection& connection, sip::ParsedMessage message) override;
    void on_end(SipTcpConnection& connection, SipTcpEnd end) override;
    void on_progress(SipTcpConnection& connection) override;

    void accept_some(LoopSocket& listener, sip::Transport transport);
    void watch(const Listener& listener);
    void admit(FileDescriptor fd, sip::Transport transport, const Endpoint& remote);
    // False: TLS could not be set up.
    bool add_layers(SipTcpConnection& connection, bool connecting);
    void pause_accepting();
    SipTcpConnection* find(const sip::Flow& flow);
    SipTcpConnection* open(const sip::Flow& flow);
    // Null when the system is out of resources.
    SipTcpConnection* add(FileDescriptor fd, sip::Flow flow, bool connecting);
    void report_failure(const sip::Flow& flow);
    void note_former(const sip::Flow& flow, const SipTcpConnection& connection);
    void report_lost_output(const Member& member);
    // Takes the connection's part of the memory into account, and makes room if it was too much.
    void account(const SipTcpConnection& connection);
    void make_room();
    void on_timer();
    void rearm();

    EventLoop& loop_;
    const Clock& clock_;
    LogSink& log_;
    const AdvertisedAddresses& advertised_;
    const SipTcpLimits limits_;
    const std::uint8_t dscp_;
    Handlers handlers_;
    const TlsContext* tls_ = nullptr;
    const std::vector<std::string>* peers_ = nullptr;
    const std::vector<std::string>* origins_ = nullptr;

    std::vector<Listener> listeners_;
    std::unordered_map<sip::ConnectionId, Member> connections_;
    std::size_t memory_ = 0;
    std::map<Peer, sip::ConnectionId> by_remote_;
    std::unordered_map<IpAddress, std::size_t> per_peer_;  // by peer_of()
    // Ended connections that may still be on the call stack.
    std::vector<std::unique_ptr<SipTcpConnection>> leaving_;
    IdSource<sip::ConnectionId> ids_;
    TimerQueue<sip::ConnectionId> deadlines_;
    LoopTimer timer_;
    LoopTimer accept_again_;
    std::optional<TimePoint> accept_warned_;
    Counters counters_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace rotunda::server
