#include "signaling/target_lookup.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "signaling/next_hop.hpp"

namespace rotunda::sip {
namespace {

// An answer may hold what it likes; so much of it is taken.
constexpr std::size_t most_services = 8;
constexpr std::size_t most_records = 32;
constexpr std::size_t most_hosts = 16;
constexpr std::size_t most_addresses = 16;

std::string lower(std::string_view text) {
    if (text.ends_with('.')) text.remove_suffix(1);
    std::string out;
    for (const char c : text) out += to_lower(c);
    return out;
}

std::optional<Transport> named_transport(const Uri& uri, bool secure) {
    const auto name = uri.param("transport");
    if (!name) return std::nullopt;
    if (iequals(*name, "udp")) return Transport::udp;
    // RFC 5630 §3.1.3: with sips, transport=tcp means TLS over TCP.
    if (iequals(*name, "tcp")) return secure ? Transport::tls : Transport::tcp;
    if (iequals(*name, "tls")) return Transport::tls;
    if (iequals(*name, "ws")) return secure ? Transport::wss : Transport::ws;
    if (iequals(*name, "wss")) return Transport::wss;
    return std::nullopt;
}

// RFC 2782: by priority; among equals each next one by chance in proportion to its weight.
std::vector<SrvRecord> in_order(std::vector<SrvRecord> records, RandomSource& random) {
    std::stable_sort(records.begin(), records.end(), [](const SrvRecord& a, const SrvRecord& b) {
        // Those of weight 0 stand first, so that they have a small chance.
        return a.priority != b.priority ? a.priority < b.priority : (a.weight == 0) > (b.weight == 0);
    });
    for (auto next = records.begin(); next != records.end(); ++next) {
        std::uint32_t sum = 0;
        auto end = next;
        for (; end != records.end() && end->priority == next->priority; ++end) sum += end->weight;
        const auto drawn = static_cast<std::uint32_t>(random.unit() * (sum + 1.0));
        std::uint32_t running = 0;
        auto chosen = next;
        for (auto it = next; it != end; ++it) {
            running += it->weight;
            chosen = it;
            if (running >= drawn) break;
        }
        std::rotate(next, chosen, chosen + 1);
    }
    return records;
}

}  // namespace

TargetLookup::TargetLookup(const Uri& uri, const LookupSettings& settings)
    : settings_(settings),
      secure_(uri.scheme() == Uri::Scheme::sips),
      domain_(lower(uri.param("maddr").value_or(uri.host()))),
      port_(uri.port()),
      named_(named_transport(uri, secure_)) {
    const Transport transport = named_.value_or(default_transport());
    if (!usable(transport) || (secure_ && !is_secure(transport))) return;
    const std::uint16_t port = port_ != 0 ? port_ : default_port(transport);
    if (const auto address = IpAddress::parse(domain_)) {
        if (!address->is_wildcard() && !address->is_multicast())
            targets_.push_back({transport, {address->unmapped(), port}});
        return;
    }
    // §4.1 and §4.2: a port says that there is no SRV record to be asked for, a transport that there is no
    // NAPTR.
    if (port_ != 0) {
        add_host(domain_, transport, port);
        ask_hosts();
    } else if (named_) {
        services_.push_back({transport, service_name(transport)});
        ask_services();
    } else {
        ask_pointers();
    }
}

bool TargetLookup::usable(Transport transport) const {
    return std::ranges::find(settings_.transports, transport) != settings_.transports.end();
}

Transport TargetLookup::default_transport() const {
    return secure_ ? Transport::tls : Transport::udp;
}

std::string TargetLookup::service_name(Transport transport) const {
    switch (transport) {
        case Transport::udp:
            return "_sip._udp." + domain_;
        case Transport::tcp:
            return "_sip._tcp." + domain_;
        case Transport::tls:
            return "_sips._tcp." + domain_;
        case Transport::ws:
            return "_sip._ws." + domain_;
        case Transport::wss:
            return "_sips._ws." + domain_;
    }
    return {};
}

// §4.1 and RFC 7118 §5.5.
std::optional<Transport> TargetLookup::transport_of_service(std::string_view service) const {
    std::optional<Transport> transport;
    if (iequals(service, "SIP+D2U")) transport = Transport::udp;
    if (iequals(service, "SIP+D2T")) transport = Transport::tcp;
    if (iequals(service, "SIPS+D2T")) transport = Transport::tls;
    if (!transport || !usable(*transport) || (secure_ && !is_secure(*transport))) return std::nullopt;
    return transport;
}

void TargetLookup::ask_pointers() {
    phase_ = Phase::pointers;
    open_ = {{DnsType::naptr, domain_}};
}

void TargetLookup::ask_services() {
    phase_ = Phase::services;
    open_.clear();
    for (const Service& service : services_)
        if (std::ranges::find(open_, DnsQuestion{DnsType::srv, service.name}) == open_.end())
            open_.push_back({DnsType::srv, service.name});
}

void TargetLookup::ask_hosts() {
    phase_ = Phase::hosts;
    open_.clear();
    const auto ask = [this](DnsType type, const std::string& name) {
        if (std::ranges::find(open_, DnsQuestion{type, name}) == open_.end()) open_.push_back({type, name});
    };
    for (const Host& host : hosts_) {
        if (settings_.ipv4) ask(DnsType::a, host.name);
        if (settings_.ipv6) ask(DnsType::aaaa, host.name);
    }
    if (open_.empty()) conclude();
}

void TargetLookup::on_answer(const DnsAnswer& answer, RandomSource& random) {
    const auto asked = std::ranges::find(open_, answer.question);
    if (asked == open_.end()) return;
    open_.erase(asked);
    if (phase_ == Phase::pointers) take_pointers(answer);
    for (Service& service : services_)
        if (phase_ == Phase::services && service.name == answer.question.name)
            service.records.assign(answer.services.begin(),
                                   answer.services.begin() +
                                       std::min<std::ptrdiff_t>(std::ssize(answer.services), most_records));
    for (Host& host : hosts_) {
        if (phase_ != Phase::hosts || host.name != answer.question.name) continue;
        auto& list = answer.question.type == DnsType::a ? host.v4 : host.v6;
        for (const IpAddress& address : answer.addresses)
            if (list.size() < most_addresses && !address.is_wildcard() && !address.is_multicast())
                list.push_back(address);
    }
    if (open_.empty()) proceed(random);
}

void TargetLookup::take_pointers(const DnsAnswer& answer) {
    std::vector<NaptrRecord> pointers = answer.pointers;
    std::stable_sort(pointers.begin(), pointers.end(), [](const NaptrRecord& a, const NaptrRecord& b) {
        return a.order != b.order ? a.order < b.order : a.preference < b.preference;
    });
    // §4.1: only the SRV kind ("s") leads to a server; what we do not speak is discarded.
    for (const NaptrRecord& pointer : pointers) {
        const auto transport = transport_of_service(pointer.service);
        if (!transport || !iequals(pointer.flags, "s") || pointer.replacement.empty()) continue;
        if (services_.size() < most_services) services_.push_back({*transport, lower(pointer.replacement)});
    }
    if (!services_.empty()) return;
    // §4.1: without NAPTR records the SRV records of every transport we have are looked for.
    for (const Transport transport : settings_.transports)
        if (is_secure(transport) || !secure_) services_.push_back({transport, service_name(transport)});
}

void TargetLookup::proceed(RandomSource& random) {
    if (phase_ == Phase::pointers) return ask_services();
    if (phase_ == Phase::hosts) return conclude();
    choose_hosts(random);
    ask_hosts();
}

void TargetLookup::choose_hosts(RandomSource& random) {
    bool any = false;
    for (Service& service : services_) {
        any = any || !service.records.empty();
        for (const SrvRecord& record : in_order(std::move(service.records), random))
            if (!record.target.empty() && record.port != 0)
                add_host(lower(record.target), service.transport, record.port);
    }
    if (any) return;
    // §4.2: no SRV record at all, so the domain is the host.
    const Transport transport = named_.value_or(default_transport());
    add_host(domain_, transport, default_port(transport));
}

void TargetLookup::add_host(const std::string& name, Transport transport, std::uint16_t port) {
    if (hosts_.size() < most_hosts && !name.empty()) hosts_.push_back({name, transport, port});
}

void TargetLookup::conclude() {
    const auto add = [this](const Host& host, const IpAddress& address) {
        const Target target{host.transport, {address, host.port}};
        if (std::ranges::find(targets_, target) == targets_.end()) targets_.push_back(target);
    };
    for (const Host& host : hosts_) {
        for (const IpAddress& address : host.v4) add(host, address);
        for (const IpAddress& address : host.v6) add(host, address);
    }
}

}  // namespace rotunda::sip
