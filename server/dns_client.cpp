#include "server/dns_client.hpp"

#include <ares.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <unordered_map>

#include "server/socket.hpp"

namespace rotunda::server {
namespace {

using sip::DnsType;

constexpr int class_internet = 1, type_srv = 33, type_naptr = 35;  // RFC 1035, 2782, 3403
// A caller waits behind this: two tries of this long at each server.
constexpr int try_ms = 1500, tries = 2;
// c-ares tells no TTL of SRV and NAPTR records; and what is not there may come to be.
constexpr Duration records_ttl = std::chrono::seconds(60);
constexpr Duration absent_ttl = std::chrono::seconds(30);
constexpr Duration failure_ttl = std::chrono::seconds(10);

Duration ttl_without_records(int status) {
    return status == ARES_ENODATA || status == ARES_ENOTFOUND ? absent_ttl : failure_ttl;
}

void read_addresses(const ares_addrinfo& info, sip::DnsAnswer& answer) {
    std::int64_t ttl = 3600;
    for (const ares_addrinfo_node* node = info.nodes; node; node = node->ai_next) {
        SocketAddress address;
        if (node->ai_addrlen > sizeof(sockaddr_storage)) continue;
        std::copy_n(reinterpret_cast<const char*>(node->ai_addr), node->ai_addrlen,
                    reinterpret_cast<char*>(address.get()));
        answer.addresses.push_back(address.endpoint().address);
        ttl = std::min<std::int64_t>(ttl, std::max(1, node->ai_ttl));
    }
    answer.ttl = std::chrono::seconds(ttl);
}

void read_services(const unsigned char* bytes, int size, sip::DnsAnswer& answer) {
    ares_srv_reply* list = nullptr;
    if (ares_parse_srv_reply(bytes, size, &list) != ARES_SUCCESS) return;
    for (const ares_srv_reply* each = list; each; each = each->next)
        answer.services.push_back({each->priority, each->weight, each->port, each->host});
    ares_free_data(list);
}

void read_pointers(const unsigned char* bytes, int size, sip::DnsAnswer& answer) {
    const auto text = [](const unsigned char* field) {
        return std::string(reinterpret_cast<const char*>(field));
    };
    ares_naptr_reply* list = nullptr;
    if (ares_parse_naptr_reply(bytes, size, &list) != ARES_SUCCESS) return;
    for (const ares_naptr_reply* each = list; each; each = each->next)
        answer.pointers.push_back(
            {each->order, each->preference, text(each->flags), text(each->service), each->replacement});
    ares_free_data(list);
}

std::string list_of(const std::vector<Endpoint>& servers) {
    std::string list;
    for (const Endpoint& server : servers)
        list += (list.empty() ? "" : ",") +
                Endpoint{server.address, server.port ? server.port : std::uint16_t{53}}.to_string();
    return list;
}

}  // namespace

struct DnsClient::Channel {
    struct Query {
        Channel* channel;
        sip::DnsQuestion question;
    };

    Channel(EventLoop& l, const Clock& c, const std::vector<Endpoint>& servers,
            std::function<void(const sip::DnsAnswer&)> answer)
        : loop(l),
          timer(l, c, [this] { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }),
          clock(c),
          on_answer(std::move(answer)) {
        static const int initialised = ares_library_init(ARES_LIB_INIT_ALL);
        (void)initialised;
        ares_options options{};
        options.timeout = try_ms;
        options.tries = tries;
        options.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
            static_cast<Channel*>(self)->watch(fd, readable != 0, writable != 0);
        };
        options.sock_state_cb_data = this;
        options.flags = ARES_FLAG_NOSEARCH;
        const int wanted = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB | ARES_OPT_FLAGS;
        if (ares_init_options(&ares, &options, wanted) != ARES_SUCCESS) ares = nullptr;
        if (ares && !servers.empty()) ares_set_servers_ports_csv(ares, list_of(servers).c_str());
    }
    ~Channel() {
        *alive = false;
        if (ares) ares_destroy(ares);
    }

    // c-ares closes its descriptors itself; what the loop watches is a duplicate of each.
    void watch(ares_socket_t fd, bool readable, bool writable) {
        if (!readable && !writable) {
            sockets.erase(fd);
            return;
        }
        auto& socket = sockets[fd];
        if (!socket) {
            FileDescriptor copy(dup(fd));
            if (!copy) return;  // the query times out
            socket = std::make_unique<LoopSocket>(loop, std::move(copy));
        }
        if (readable) socket->on_readable([this, fd] { process(fd, ARES_SOCKET_BAD); });
        if (writable) socket->once_writable([this, fd] { process(ARES_SOCKET_BAD, fd); });
    }

    void process(ares_socket_t readable, ares_socket_t writable) {
        ares_process_fd(ares, readable, writable);
        rearm();
    }

    void rearm() {
        timeval longest{60, 0}, wait{};
        const timeval* next = ares_timeout(ares, &longest, &wait);
        timer.set(clock.now() + std::chrono::seconds(next->tv_sec) +
                  std::chrono::microseconds(next->tv_usec) + std::chrono::milliseconds(1));
    }

    // Later: the core that asked may still be on the stack.
    void finish(Query* query, int status, sip::DnsAnswer answer) {
        const std::unique_ptr<Query> owned(query);
        if (status == ARES_EDESTRUCTION) return;
        answer.question = std::move(owned->question);
        if (answer.addresses.empty() && answer.services.empty() && answer.pointers.empty())
            answer.ttl = ttl_without_records(status);
        loop.post([this, still = alive, moved = std::move(answer)] {
            if (*still) on_answer(moved);
        });
    }

    static void on_address(void* arg, int status, int, ares_addrinfo* info) {
        auto* query = static_cast<Query*>(arg);
        sip::DnsAnswer answer;
        if (status == ARES_SUCCESS && info) read_addresses(*info, answer);
        if (info) ares_freeaddrinfo(info);
        query->channel->finish(query, status, std::move(answer));
    }

    static void on_records(void* arg, int status, int, unsigned char* bytes, int size) {
        auto* query = static_cast<Query*>(arg);
        sip::DnsAnswer answer;
        answer.ttl = records_ttl;
        if (status == ARES_SUCCESS && query->question.type == DnsType::srv)
            read_services(bytes, size, answer);
        if (status == ARES_SUCCESS && query->question.type == DnsType::naptr)
            read_pointers(bytes, size, answer);
        query->channel->finish(query, status, std::move(answer));
    }

    void ask(const sip::DnsQuestion& question) {
        auto* query = new Query{this, question};  // finish() takes it back
        if (!ares) return finish(query, ARES_ENOTINITIALIZED, {});
        ares_addrinfo_hints hints{};
        hints.ai_flags = ARES_AI_NOSORT;
        switch (question.type) {
            case DnsType::a:
            case DnsType::aaaa:
                hints.ai_family = question.type == DnsType::a ? AF_INET : AF_INET6;
                ares_getaddrinfo(ares, question.name.c_str(), nullptr, &hints, on_address, query);
                break;
            case DnsType::srv:
                ares_query(ares, question.name.c_str(), class_internet, type_srv, on_records, query);
                break;
            case DnsType::naptr:
                ares_query(ares, question.name.c_str(), class_internet, type_naptr, on_records, query);
                break;
        }
        rearm();
    }

    EventLoop& loop;
    LoopTimer timer;
    const Clock& clock;
    std::function<void(const sip::DnsAnswer&)> on_answer;
    ares_channel ares = nullptr;
    std::unordered_map<ares_socket_t, std::unique_ptr<LoopSocket>> sockets;
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

DnsClient::DnsClient(EventLoop& loop, const Clock& clock, const std::vector<Endpoint>& servers,
                     std::function<void(const sip::DnsAnswer&)> on_answer)
    : channel_(std::make_unique<Channel>(loop, clock, servers, std::move(on_answer))) {}

DnsClient::~DnsClient() = default;

void DnsClient::ask(const sip::DnsQuestion& question) {
    channel_->ask(question);
}

}  // namespace rotunda::server
