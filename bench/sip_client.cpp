#include "bench/sip_client.hpp"

#include <fmt/core.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/text.hpp"
#include "bench/talk_track.hpp"
#include "sdp/attributes.hpp"
#include "sdp/crypto.hpp"
#include "sdp/session_description.hpp"
#include "server/socket.hpp"

namespace rotunda::bench {
namespace {

constexpr std::uint16_t sip_port = 5060;
constexpr std::size_t largest_datagram = 65536;
constexpr int socket_buffer = 4 << 20;
// RFC 3551 table 4; Opus has no number of its own (RFC 7587 §4.1).
constexpr int payload_types[] = {0, 8, 9, 96};
constexpr int request_timeout = 408;

sip::UserAgentSettings agent_settings(std::size_t callers) {
    sip::UserAgentSettings settings;
    settings.product = "rotunda-load";
    settings.isfocus = false;
    settings.max_sessions = std::max(settings.max_sessions, callers);
    return settings;
}

}  // namespace

Result<Endpoint> resolve(const sip::Uri& uri) {
    const std::uint16_t port = uri.port() ? uri.port() : sip_port;
    if (const auto address = IpAddress::parse(uri.host())) return Endpoint{*address, port};
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(uri.host().c_str(), nullptr, &hints, &found) != 0 || !found)
        return fail_with("nobody knows the host " + uri.host());
    server::SocketAddress address;
    std::copy_n(reinterpret_cast<const char*>(found->ai_addr), found->ai_addrlen,
                reinterpret_cast<char*>(address.get()));
    freeaddrinfo(found);
    return Endpoint{address.endpoint().address, port};
}

std::string make_offer(const Endpoint& local, const OfferedAudio& audio) {
    const int type = payload_types[static_cast<std::size_t>(audio.codec)];
    const std::string_view family = local.address.is_v4() ? "IP4" : "IP6";
    std::string offer = fmt::format(
        "v=0\r\no=- {1} 1 IN {2} {0}\r\ns=-\r\nc=IN {2} {0}\r\nt=0 0\r\nm=audio {1} RTP/{8}AVP {3}\r\n"
        "a=rtpmap:{3} {4}/{5}{6}\r\na=ptime:{7}\r\na=sendrecv\r\na=rtcp-mux\r\n",
        local.address.to_string(), local.port, family, type, encoding_name(audio.codec),
        rtp_clock_hz(audio.codec), audio.codec == AudioCodec::opus ? "/2" : "", audio.ptime_ms,
        audio.key ? "S" : "");
    if (audio.marked) offer += fmt::format("a=extmap:{} {}\r\n", level_extension, sdp::audio_level_uri);
    if (audio.key)
        offer += fmt::format("a=crypto:{}\r\n", sdp::to_string(sdp::CryptoAttribute{1, *audio.key}));
    return offer;
}

std::optional<AnsweredAudio> read_answer(const std::string& text) {
    const auto session = sdp::parse(text);
    if (!session) return std::nullopt;
    const auto audio =
        std::ranges::find_if(session->media, [](const sdp::Media& m) { return m.type == "audio"; });
    if (audio == session->media.end() || audio->port == 0 || audio->formats.empty()) return std::nullopt;
    const auto& connection = audio->connection ? audio->connection : session->connection;
    const auto type = parse_number<std::uint8_t>(audio->formats.front(), 127);
    if (!connection || !connection->address || !type) return std::nullopt;
    const auto keys = sdp::cryptos_of(*audio);
    return AnsweredAudio{{*connection->address, audio->port},
                         *type,
                         keys.empty() ? std::nullopt : std::optional(keys.front().key)};
}

Result<SipClient> SipClient::open(const Endpoint& server, std::size_t callers, RandomSource& random) {
    auto fd = server::open_unbound_socket(SOCK_DGRAM, server.address.family());
    if (!fd) return fail_with("no socket for SIP: " + server::why_not_bound(fd.error()));
    const server::SocketAddress address(server);
    if (connect(fd->get(), address.get(), address.size()) != 0)
        return fail_with("no way to " + server.to_string() + ": " + server::why_not_bound(errno));
    server::set_receive_buffer(fd->get(), socket_buffer);
    sip::Flow flow;
    flow.local = flow.advertised = server::local_endpoint(fd->get()).value_or(Endpoint{});
    flow.remote = server;
    return SipClient(std::move(fd).value(), flow, callers, random);
}

SipClient::SipClient(server::FileDescriptor socket, const sip::Flow& flow, std::size_t callers,
                     RandomSource& random)
    : socket_(std::move(socket)),
      flow_(flow),
      agent_(std::make_unique<sip::UserAgent>(agent_settings(callers), random)),
      by_caller_(callers),
      buffer_(largest_datagram) {}

void SipClient::call(std::size_t caller, const std::string& target, std::string offer, TimePoint now) {
    sip::OutgoingInvite invite;
    invite.target = sip::Uri::parse(target).value_or(sip::Uri{});
    const std::string user = "load" + std::to_string(caller);
    invite.from.uri = sip::Uri::sip(user, flow_.local.address.to_host(), flow_.local.port);
    invite.contact.user = user;
    invite.flow = flow_;
    invite.offer = std::move(offer);
    const sip::SessionId session = agent_->invite(std::move(invite), now);
    by_caller_[caller] = session;
    sessions_[session] = caller;
}

void SipClient::hang_up(std::size_t caller, TimePoint now) {
    agent_->bye(by_caller_[caller], {}, now);
}

SipClient::News SipClient::turn(TimePoint now) {
    read(now);
    if (const auto due = agent_->next_timeout(); due && *due <= now) agent_->on_timeout(now);
    News news;
    for (const auto& event : agent_->take_events()) note(event, news, now);
    write(now);
    return news;
}

void SipClient::read(TimePoint now) {
    for (;;) {
        const ssize_t size = recv(socket_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        if (size < 0) return;
        agent_->receive(std::string_view(buffer_.data(), static_cast<std::size_t>(size)), flow_, now);
    }
}

void SipClient::write(TimePoint now) {
    for (const auto& message : agent_->take_outgoing())
        // Only datagrams go out here: what is too large for one learns at once that there is no TCP.
        if (message.flow.transport != sip::Transport::udp ||
            (send(socket_.get(), message.bytes.data(), message.bytes.size(), MSG_NOSIGNAL) < 0 &&
             errno == ECONNREFUSED))
            agent_->on_transport_error(message.flow, now);
}

void SipClient::note(const sip::UserAgentEvent& event, News& news, TimePoint now) {
    if (const auto* answer = std::get_if<sip::SdpAnswerReceived>(&event)) {
        const auto known = sessions_.find(answer->session);
        if (known == sessions_.end()) return;
        if (const auto audio = read_answer(answer->sdp))
            news.answered.push_back({known->second, *audio});
        else
            agent_->bye(answer->session, {}, now);
    } else if (const auto* ended = std::get_if<sip::SessionEnded>(&event)) {
        const auto known = sessions_.find(ended->session);
        if (known == sessions_.end()) return;
        news.ended.push_back(
            {known->second, ended->cause == sip::EndCause::timeout ? request_timeout : ended->status});
        sessions_.erase(known);
    }
}

}  // namespace rotunda::bench
