// A DNS server on loopback with a zone written by the test (RFC 1035). On a thread of its own, since the
// server under test has one, too.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "server/socket.hpp"

namespace rotunda::server {

class DnsResponder {
  public:
    // Record data as it stands in an answer, by name and type; all are there before start().
    void a(const std::string& name, const std::string& address) {
        const IpAddress ip = *IpAddress::parse(address);
        add(name, 1, {reinterpret_cast<const char*>(ip.bytes().data()), 4});
    }
    void srv(const std::string& name, int priority, int weight, int port, const std::string& target) {
        add(name, 33, number(priority) + number(weight) + number(port) + labels(target));
    }
    void naptr(const std::string& name, int order, const std::string& service,
               const std::string& replacement) {
        add(name, 35, number(order) + number(0) + text("s") + text(service) + text("") + labels(replacement));
    }
    void start() {
        thread_ = std::thread([this] {
            while (!stop_) answer_one();
        });
    }
    ~DnsResponder() {
        stop_ = true;
        if (thread_.joinable()) thread_.join();
    }
    std::string address() const { return local_endpoint(socket_.get())->to_string(); }
    int asked() const { return asked_; }

  private:
    static std::string number(int value) { return {static_cast<char>(value >> 8), static_cast<char>(value)}; }
    static std::string text(const std::string& value) { return static_cast<char>(value.size()) + value; }
    static std::string labels(const std::string& name) {
        std::string out;
        for (std::size_t at = 0; at < name.size();) {
            const std::size_t end = std::min(name.find('.', at), name.size());
            out += text(name.substr(at, end - at));
            at = end + 1;
        }
        return out + '\0';
    }
    void add(const std::string& name, int type, const std::string& data) {
        records_.emplace(std::pair(labels(name), type), data);
    }
    void answer_one() {
        pollfd watched{socket_.get(), POLLIN, 0};
        if (poll(&watched, 1, 20) <= 0) return;
        char query[512];
        SocketAddress from;
        const ssize_t size = recvfrom(socket_.get(), query, sizeof query, 0, from.get(), from.fill());
        if (size < 17) return;
        ++asked_;
        const std::string_view bytes(query, static_cast<std::size_t>(size));
        const std::size_t end = bytes.find('\0', 12) + 1;
        const std::string name(bytes.substr(12, end - 12));
        const int type = static_cast<unsigned char>(bytes[end + 1]);
        std::string answers;
        int count = 0;
        const auto [first, last] = records_.equal_range({name, type});
        for (auto it = first; it != last; ++it, ++count)
            answers += name + number(type) + number(1) + number(0) + number(300) +
                       number(static_cast<int>(it->second.size())) + it->second;
        const bool known = count > 0 || records_.lower_bound({name, 0}) != records_.upper_bound({name, 255});
        const std::string reply = std::string(bytes.substr(0, 2)) + number(known ? 0x8580 : 0x8583) +
                                  number(1) + number(count) + number(0) + number(0) +
                                  std::string(bytes.substr(12, end + 4 - 12)) + answers;
        (void)sendto(socket_.get(), reply.data(), reply.size(), 0, from.get(), from.size());
    }

    FileDescriptor socket_ = *open_socket(SOCK_DGRAM, {IpAddress::v4(0x7f000001), 0});
    std::multimap<std::pair<std::string, int>, std::string> records_;
    std::atomic<bool> stop_{false};
    std::atomic<int> asked_{0};
    std::thread thread_;
};

}  // namespace rotunda::server
