// Every way SIP comes in and goes out: the sockets of sip.listen. Signaling thread.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "rooms/flow_keep_alive.hpp"
#include "server/config.hpp"
#include "server/local_addresses.hpp"
#include "server/sip_tcp_transport.hpp"
#include "server/sip_udp_socket.hpp"
#include "signaling/flow.hpp"

namespace rotunda::server {

class SipTransports {
  public:
    struct Handlers {
        std::function<void(std::string_view bytes, const sip::Flow& flow)> on_datagram;
        std::function<void(sip::ParsedMessage message, const sip::Flow& flow)> on_message;
        // Later, never from within send().
        std::function<void(const sip::Flow& flow)> on_send_failed;
        std::function<void(sip::ConnectionId connection)> on_connection_lost;
        // As in SipTcpTransport::Handlers.
        std::function<bool(const sip::Flow& flow)> lets_connect = {};
        std::function<bool(const sip::Flow& flow)> is_known = {};
        std::function<std::unordered_set<sip::ConnectionId>()> in_use = {};
        // Whether STUN from there is answered. Empty: all is.
        std::function<bool(const sip::Flow& flow)> answers_stun = {};
    };

    // Everything referred to outlives the transports. `events`: where what becomes of the certificates goes,
    // which an operator wants to be told of; not from within the constructor.
    SipTransports(EventLoop& loop, const Clock& clock, LogSink& log, LogSink& events,
                  const AdvertisedAddresses& advertised, const Config::Sip& settings, Handlers handlers);
    ~SipTransports();

    // The domains that are told in a flow whose peer proves one by certificate. Before listen(), and again at
    // each reload.
    void know_peers(std::vector<std::string> domains) { tls_peers_ = std::move(domains); }
    // Binds all of sip.listen. The error is one line for the operator; nothing is served then.
    Result<std::vector<ListenAddress>> listen();
    void send(const sip::OutgoingMessage& message);
    void keep_alive(const rooms::KeepAlive& what);
    void prove(sip::ConnectionId connection) { tcp_.prove(connection); }
    // New connections are made with these certificates; an error leaves everything as it was.
    std::optional<Error> use(const Config::Tls& settings);
    // When the first of our certificates ends; nullopt: there is none.
    std::optional<WallTime> certificate_expires() const { return tls_ ? tls_->expires() : std::nullopt; }

    const SipTcpTransport& tcp() const { return tcp_; }
    // Summed over the sockets.
    SipUdpSocket::Counters udp_counters() const;

  private:
    Result<Endpoint, int> listen(const ListenAddress& address);
    Result<bool> prepare_tls();
    void look_for_new_certificates();
    void tell_of_new_certificates();
    void warn_of_expiry();
    // 0 or errno.
    int send_datagram(const sip::Flow& flow, std::string_view bytes);
    void on_datagram(std::string_view bytes, const Endpoint& local, const Endpoint& remote);

    EventLoop& loop_;
    LogSink& log_;
    LogSink& events_;
    const AdvertisedAddresses& advertised_;
    const Config::Sip& settings_;
    Handlers handlers_;
    std::vector<std::unique_ptr<SipUdpSocket>> udp_;
    std::unique_ptr<TlsContext> tls_;
    std::vector<std::string> tls_peers_;
    SipTcpTransport tcp_;
    const Clock& clock_;
    LoopTimer certificate_timer_;
    enum class Expiry { far, soon, over } expiry_told_ = Expiry::far;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace rotunda::server
