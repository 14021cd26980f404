#include "server/hep_sender.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cstring>
#include <string_view>

#include "server/socket.hpp"

namespace rotunda::server {

HepSender::HepSender(const std::optional<Endpoint>& collector, LogSink& log) : collector_(collector) {
    if (!collector) return;
    auto socket = open_unbound_socket(SOCK_DGRAM, collector->address.family());
    if (socket)
        socket_ = std::move(*socket);
    else
        log.write({LogLevel::error,
                   "hep.not_sent",
                   fmt::format("hep.collector {}: {}", collector->to_string(), std::strerror(socket.error())),
                   {}});
}

void HepSender::send(std::string_view datagram) {
    if (!is_on()) return;
    const SocketAddress to(*collector_);
    const ssize_t size = sendto(socket_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                to.get(), to.size());
    if (size < 0) ++lost_;
}

}  // namespace rotunda::server
