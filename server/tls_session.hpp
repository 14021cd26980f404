// TLS on one connection: octets of the network in, octets of SIP out, and the other way round. Holds no
// socket and no buffer of its own beyond OpenSSL's, which it gives back when idle. Signaling thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct ssl_st;
struct bio_st;

namespace rotunda::server {

class TlsContext;

class TlsSession {
  public:
    enum class State { open, closed, failed };  // closed: by the peer, in order

    // Null: out of memory, or no certificate to serve with.
    static std::unique_ptr<TlsSession> as_server(const TlsContext& context);
    // `domain`: whom the peer's certificate has to name (RFC 5922 §7): a host name or an address.
    static std::unique_ptr<TlsSession> as_client(const TlsContext& context, const std::string& domain);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    // A client's first words. All `wire` are appended to and are to be sent, whatever the result.
    void start(std::string& wire);
    State receive(std::string_view network, std::string& plain, std::string& wire);
    // Before the handshake is over `plain` is kept.
    State send(std::string_view plain, std::string& wire);
    // The handshake is over.
    bool established() const { return established_; }
    // The peer has shown a certificate that our authorities vouch for and that names this domain.
    bool is_peer(const std::string& domain) const;
    // Octets kept so.
    std::size_t waiting() const { return waiting_.size(); }

  private:
    struct Bio;  // reads from input_, writes to *wire_

    TlsSession(ssl_st* ssl, std::string domain);
    State shake_hands(std::string& wire);
    State write(std::string_view plain);
    State outcome(int result);

    ssl_st* ssl_;
    std::string domain_;  // empty: we serve
    bool established_ = false;
    std::string_view input_;
    std::string* wire_ = nullptr;
    std::string waiting_;
};

}  // namespace rotunda::server
