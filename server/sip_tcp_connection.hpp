// One SIP stream connection, with TLS and WebSocket where its flow says so: cuts what comes in into messages,
// queues what goes out, and knows when the peer has had enough patience. Signaling thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "server/clock.hpp"
#include "server/event_loop.hpp"
#include "server/tls_session.hpp"
#include "server/web_socket.hpp"
#include "signaling/flow.hpp"
#include "signaling/stream_framer.hpp"

namespace rotunda::server {

struct SipTcpLimits {
    Duration connect = std::chrono::seconds(10);
    Duration first_message =
        std::chrono::seconds(30);  // a connection that never said anything is not kept longer
    Duration half_message = std::chrono::seconds(10);  // from a message's first octet to its last
    Duration drain = std::chrono::seconds(20);         // what we send must be taken within this time
    Duration pong = std::chrono::seconds(10);          // RFC 5626 §4.4.1
    Duration idle = std::chrono::hours(1);
    std::size_t message = 65'535;  // octets of one
    std::size_t pending_output = 262'144;
    std::size_t memory = 256 << 20;  // octets of input and output that all connections keep together
    std::size_t connections = 10'000;
    std::size_t connections_per_peer = 2'500;
    // Beyond `connections`: so many that we open ourselves, and so many handshakes that may show a trunk's
    // certificate.
    std::size_t reserve = 100;
};

enum class SipTcpEnd {
    closed_by_peer,
    connect_failed,
    silent,        // no whole message within first_message
    half_message,  // a message was begun and not finished
    not_reading,   // output was not taken
    idle,
    no_pong,     // the peer owed an answer to a keep-alive, and said nothing
    bad_stream,  // where the next message begins is unknown (RFC 3261 §18.3)
    network_error,
    no_memory,          // limits.memory was used up and this one longest without a whole message
    displaced,          // limits.connections were taken, and this one longest by somebody unknown
    tls_failed,         // no handshake, a certificate that does not fit, a broken record
    web_socket_failed,  // no upgrade, or a frame against RFC 6455
    count
};
// "tcp_half_message": a counter's name.
std::string_view to_string(SipTcpEnd end);

class SipTcpConnection {
  public:
    class Owner {
      public:
        virtual void on_message(SipTcpConnection& connection, sip::ParsedMessage message) = 0;
        // The last call for this connection; its memory must outlive the call.
        virtual void on_end(SipTcpConnection& connection, SipTcpEnd end) = 0;
        // deadline() may have moved.
        virtual void on_progress(SipTcpConnection& connection) = 0;

      protected:
        ~Owner() = default;
    };

    // `connecting`: the descriptor's connect(2) is under way. Everything referred to outlives the connection.
    SipTcpConnection(EventLoop& loop, const Clock& clock, const SipTcpLimits& limits, Owner& owner,
                     FileDescriptor fd, const sip::Flow& flow, bool connecting);

    // Before start(), if the flow's transport wants it. Of `domains`, which outlive the connection, the first
    // that a client's certificate proves becomes the flow's.
    void use(std::unique_ptr<TlsSession> tls, const std::vector<std::string>& domains) {
        tls_ = std::move(tls);
        domains_ = &domains;
    }
    void use(std::unique_ptr<WebSocket> web_socket) { web_socket_ = std::move(web_socket); }
    // To be called once the owner can be called back.
    void start();
    // Keeps what the socket does not take at once; ends the connection when that becomes too much.
    void send(std::string_view bytes);
    // Something has to come from the peer within limits.pong.
    void expect_pong();
    // While it is being opened: it must stand within `limit`. Zero: within limits.connect.
    void connect_within(Duration limit);
    // Gives up the connection for others.
    void drop(SipTcpEnd why) { end(why); }
    // When on_timeout wants to be called.
    TimePoint deadline() const;
    void on_timeout();

    const sip::Flow& flow() const { return flow_; }
    bool ended() const { return ended_; }
    bool has_pending_output() const { return !output_.empty() || (tls_ && tls_->waiting() > 0); }
    // Octets kept: of a message not yet whole, and of output not yet taken.
    std::size_t memory() const { return buffered() + pending_output(); }
    // When the last whole message came, or the connection began.
    TimePoint last_message() const { return last_message_; }

  private:
    void on_connected();
    void read_some();
    // False when the connection has ended or has nothing more for now.
    bool read_once();
    void on_octets(std::string_view network);
    void on_tls(TlsSession::State state);
    void recognise_peer();
    void on_plain(std::string_view plain);
    void take_events();
    void take_web_socket_events();
    void take_message(sip::ParsedMessage message);
    void close_after_output(SipTcpEnd why);
    void note_progress_of_message(bool mid_message);
    std::size_t buffered() const { return web_socket_ ? web_socket_->buffered() : framer_.buffered(); }
    std::size_t pending_output() const { return output_.size() + (tls_ ? tls_->waiting() : 0); }
    // Into output_, through TLS if there is any.
    void put(std::string_view plain);
    void push_output(bool was_waiting);
    void flush();
    void await_writable();
    void end(SipTcpEnd why);

    const Clock& clock_;
    const SipTcpLimits& limits_;
    Owner& owner_;
    sip::Flow flow_;

    LoopSocket socket_;
    std::unique_ptr<TlsSession> tls_;
    const std::vector<std::string>* domains_ = nullptr;  // until the peer has been compared with them
    std::unique_ptr<WebSocket> web_socket_;
    sip::StreamFramer framer_;
    std::string output_;
    bool connecting_;
    bool proven_ = false;   // at least one whole message came
    bool closing_ = false;  // ends as soon as the output is gone
    SipTcpEnd closing_why_ = SipTcpEnd::bad_stream;
    bool ended_ = false;
    TimePoint opened_;
    TimePoint connect_until_;
    TimePoint last_activity_;
    TimePoint last_message_;
    std::optional<TimePoint> message_begun_;
    std::optional<TimePoint> output_since_;
    std::optional<TimePoint> pong_until_;
};

}  // namespace rotunda::server
