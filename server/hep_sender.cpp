#include "server/hep_sender.hpp"

#include <sys/socket.h>

#include <string_view>

#include "server/socket.hpp"

namespace rotunda::server {

HepSender::HepSender(const std::optional<Endpoint>& collector) {
    if (!collector) return;
    collector_ = *collector;
    auto socket = open_unbound_socket(SOCK_DGRAM, collector->address.family());
    if (socket) socket_ = std::move(*socket);
}

void HepSender::send(std::string_view datagram) {
    if (!is_on()) return;
    const SocketAddress to(collector_);
    const ssize_t size = sendto(socket_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                to.get(), to.size());
    if (size < 0) ++lost_;
}

}  // namespace rotunda::server
