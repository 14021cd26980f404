// SIP over TCP, TLS and WebSocket: listeners, the connections they accept, and those we open. Signaling
// thread.
#pragma once

#include <array>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/log.hpp"
#include "base/timer_queue.hpp"
#include "server/local_addresses.hpp"
#include "server/sip_tcp_connection.hpp"
#include "server/tls_context.hpp"

namespace rotunda::server {

class SipTcpTransport final : private SipTcpConnection::Owner {
  public:
    struct Counters {
        std::uint64_t accepted = 0;
        std::uint64_t opened = 0;
        std::uint64_t refused_full = 0;   // limits.connections reached, by those who have proven themselves
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
        // A trunk at the other end: it is served where the others have filled the limit, and is never
        // displaced.
        std::function<bool(const sip::Flow& flow)> is_known = {};
        // What calls, registrations and subscriptions go over: proof lasts as long as these. Asked where the
        // limit is reached, once a second at most. Empty: it lasts for ever.
        std::function<std::unordered_set<sip::ConnectionId>()> in_use = {};
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

    // A keep-alive over the connection that stands; none is opened for it.
    void ping(const sip::Flow& flow, std::string_view octets, bool pong_due);

    // Over this one, if it stands, its peer has completed a call or shown credentials. Until then he is the
    // first to go where the limit is reached, who said nothing for longest before the others.
    void prove(sip::ConnectionId connection);

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
        // In strangers_, or for a guest in guests_.
        std::optional<std::list<sip::ConnectionId>::iterator> stranger;
        bool guest = false;
        bool opened = false;  // by us
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
    // As many connections as one address may have, unless it is a trunk's: some open one for each call.
    bool has_enough(const Endpoint& remote, bool known) const;
    // Those that count for the limit.
    std::size_t taken() const { return connections_.size() - guests_.size(); }
    // For one more connection. False: of those that stand nobody is to go.
    bool make_place();
    // For one that may turn out to be a trunk's.
    bool make_guest_place(sip::Transport transport);
    // Of those who wait in the list the longest goes, unless he is known by now.
    void dismiss_first(const std::list<sip::ConnectionId>& list);
    // A guest has spoken. False: there is no place for him.
    bool settle_guest(SipTcpConnection& connection);
    // Who has proven himself for something that is over is a stranger again.
    void forget_old_proofs();
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
    std::list<sip::ConnectionId> strangers_;  // longest without a message first
    std::list<sip::ConnectionId> guests_;     // beyond the limit until they say who they are, in order
    std::optional<TimePoint> proofs_looked_at_;
    std::size_t memory_ = 0;
    std::map<Peer, sip::ConnectionId> by_remote_;
    std::unordered_map<IpAddress, std::size_t> per_peer_;  // by subscriber_of()
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
