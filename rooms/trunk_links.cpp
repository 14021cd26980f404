#include "rooms/trunk_links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "signaling/digest.hpp"

namespace rotunda::rooms {
namespace {

using std::chrono::seconds;

std::optional<seconds> header_seconds(const sip::SipMessage& response, sip::HeaderId id) {
    const auto text = response.header(id);
    const auto value = text ? sip::parse_delta_seconds(*text) : std::nullopt;
    return value ? std::optional(seconds(*value)) : std::nullopt;
}

// RFC 3261 §10.3: the 200 lists every binding of the address, ours among them with its own expires. Where
// none is ours to the letter (what was sent had another address of ours once the proxy's name was looked up,
// or somebody on the way has changed it) the shortest is safe.
std::optional<seconds> granted(const sip::SipMessage& response, const sip::Uri& contact) {
    std::optional<seconds> shortest;
    for (const sip::NameAddr& each : response.contacts()) {
        const auto expires = sip::parse_delta_seconds(each.params.get("expires").value_or(""));
        if (!expires) continue;
        if (equivalent(each.uri, contact)) return seconds(*expires);
        shortest = std::min(shortest.value_or(seconds(*expires)), seconds(*expires));
    }
    const auto all = header_seconds(response, sip::HeaderId::expires);
    return all ? all : shortest;
}

OutboundRegistration::Answer read(const sip::RequestAnswered& answer, const sip::Uri& contact) {
    OutboundRegistration::Answer read{.status = answer.status()};
    if (!answer.response) return read;
    read.granted = granted(*answer.response, contact);
    read.min_expires = header_seconds(*answer.response, sip::HeaderId::min_expires);
    if (const auto after = answer.response->retry_after()) read.retry_after = seconds(after->seconds);
    return read;
}

sip::DigestCredentials credentials_in(const Trunk& trunk, const std::string& realm) {
    return {trunk.auth_user.empty() ? trunk.user : trunk.auth_user, trunk.password, realm};
}

// RFC 5626 §4.1: the same after a restart, and another's is different. Nobody else has this user's calls sent
// there.
std::string instance_of(const sip::Uri& contact, const std::string& domain) {
    const std::string hash =
        sip::digest_hash(sip::DigestAlgorithm::sha256, contact.to_string() + ' ' + domain);
    // RFC 9562 §5.8: a UUID of our own making.
    return fmt::format("\"<urn:uuid:{}-{}-8{}-8{}-{}>\"", hash.substr(0, 8), hash.substr(8, 4),
                       hash.substr(12, 3), hash.substr(15, 3), hash.substr(18, 12));
}

// In what REGISTER and OPTIONS are made of.
bool is_told_the_same(const Trunk& a, const Trunk& b) {
    return a.proxy.to_string() == b.proxy.to_string() && a.domain == b.domain && a.user == b.user &&
           a.auth_user == b.auth_user && a.password == b.password && a.realm == b.realm &&
           a.registration == b.registration && a.options_first == b.options_first &&
           a.outbound == b.outbound && a.contact_host == b.contact_host;
}

}  // namespace

TrunkLinks::TrunkLinks(const TrunkTable& trunks, sip::UserAgent& agent, RouteFinder& routes,
                       RandomSource& random, LogSink& log)
    : trunks_(trunks), agent_(agent), routes_(routes), random_(random), log_(log) {}

void TrunkLinks::renew(TimePoint now) {
    for (auto& link : links_) {
        const Trunk* trunk = trunks_.named(link->trunk.name);
        if (trunk && is_told_the_same(link->trunk, *trunk)) {
            link->trunk = *trunk;
            continue;
        }
        link->leaving = true;
        link->registration.stop(now);
        settle(*link, now);
    }
    drop_gone();
    for (const Trunk& trunk : trunks_.all())
        if ((trunk.registration || trunk.options_first) && !find(trunk)) begin(trunk, now);
}

void TrunkLinks::begin(const Trunk& trunk, TimePoint now) {
    OutboundRegistration::Settings settings;
    if (trunk.registration) settings.expires = std::chrono::duration_cast<seconds>(*trunk.registration);
    settings.options_first = trunk.options_first;
    links_.push_back(std::make_unique<Link>(Link{.trunk = trunk,
                                                 .registration = {settings, random_, now},
                                                 .keep_alive = FlowKeepAlive(random_),
                                                 .outbound = trunk.outbound,
                                                 .call_id = random_.token(26),
                                                 .tag = random_.token(16)}));
    settle(*links_.back(), now);
}

// Who left and is owed nothing.
void TrunkLinks::drop_gone() {
    std::erase_if(links_, [](const auto& link) { return link->leaving && !link->request; });
}

void TrunkLinks::stop(TimePoint now) {
    for (auto& link : links_) {
        link->registration.stop(now);
        settle(*link, now);
    }
}

void TrunkLinks::on_timeout(TimePoint now) {
    for (auto& link : links_) {
        settle(*link, now);
        keep_alive(*link, now);
    }
}

std::optional<TimePoint> TrunkLinks::next_timeout() const {
    std::optional<TimePoint> first;
    for (const auto& link : links_)
        for (const auto& at : {link->registration.next_timeout(), link->keep_alive.next_timeout()})
            if (at && (!first || *at < *first)) first = at;
    return first;
}

bool TrunkLinks::on_answer(const sip::RequestAnswered& answer, TimePoint now) {
    const auto found = std::find_if(links_.begin(), links_.end(),
                                    [&](const auto& link) { return link->request == answer.request; });
    if (found == links_.end()) return false;
    Link& link = **found;
    link.request = {};
    // A challenge was answered below us, with numbers of its own; also where the answer to that was lost.
    link.cseq = std::max(link.cseq, answer.cseq);
    if (answer.status() < 300 && !answer.realm.empty()) link.realm = answer.realm;
    OutboundRegistration::Answer what = read(answer, link.contact);
    // RFC 5626 §11.6: a proxy on the way that knows nothing of it.
    what.at_once = what.status == 439 && std::exchange(link.outbound, false);
    link.registration.answered(what, now);
    keep_open(link, answer, now);
    report(link, now);
    settle(link, now);
    drop_gone();
    return true;
}

void TrunkLinks::on_connection_lost(sip::ConnectionId connection, TimePoint now) {
    for (auto& link : links_) {
        if (!connection || link->flow.connection != connection) continue;
        link->flow = {};
        link->keep_alive.stop();
        link->registration.flow_lost(now);
        report(*link, now);
        settle(*link, now);
    }
}

// RFC 5626 §4.4: the registrar may know of it or not. Who names a Flow-Timer does, and answers.
void TrunkLinks::keep_open(Link& link, const sip::RequestAnswered& answer, TimePoint now) {
    if (!link.registration.registered(now)) return link.keep_alive.stop();
    const bool bound = answer.response && answer.response->is_success() &&
                       answer.response->method() == sip::Method::register_;
    if (!bound) return;  // what was registered before stands, and so does its flow
    link.flow = answer.flow;
    const auto asked = header_seconds(*answer.response, sip::HeaderId::flow_timer);
    link.pong_due = asked && sip::is_reliable(link.flow.transport);
    link.keep_alive.start(sip::is_reliable(link.flow.transport), asked, now);
}

void TrunkLinks::keep_alive(Link& link, TimePoint now) {
    if (!link.keep_alive.take_due(now)) return;
    if (!link.registration.registered(now)) return link.keep_alive.stop();
    keep_alives_.push_back({link.flow, link.pong_due});
}

void TrunkLinks::settle(Link& link, TimePoint now) {
    while (const auto what = link.registration.take_due(now)) {
        link.request = send(link, *what, now);
        if (link.request) return;
        link.registration.answered({.status = 503}, now);
        report(link, now);
    }
}

// The address-of-record is the user at the trunk's domain; an OPTIONS asks the domain.
sip::RequestId TrunkLinks::send(Link& link, OutboundRegistration::Request what, TimePoint now) {
    const Trunk& trunk = link.trunk;
    const auto flow = routes_.find(trunk.proxy);
    if (!flow) return {};
    sip::OutgoingRequest request;
    const bool registers = what != OutboundRegistration::Request::options;
    request.method = registers ? sip::Method::register_ : sip::Method::options;
    request.target = sip::Uri::sip({}, trunk.domain);
    request.target.set_scheme(trunk.proxy.scheme());
    request.from.uri = sip::Uri::sip(trunk.user, trunk.domain);
    request.from.set_tag(link.tag);
    request.flow = *flow;
    request.route = route_to(trunk);
    if (!trunk.password.empty()) request.credentials = {credentials_in(trunk, trunk.realm)};
    const sip::LocalContact contact{trunk.user, {}, false, trunk.contact_host};
    if (!registers) request.contact = contact;
    if (registers) {
        request.to = sip::NameAddr{{}, request.from.uri, {}};
        request.call_id = link.call_id;
        request.cseq = ++link.cseq;
        add_contact(link, agent_.contact(contact, *flow), *flow, request.headers);
        const bool binds = what == OutboundRegistration::Request::register_;
        const seconds expires = binds ? link.registration.expires() : seconds(0);
        request.headers.push_back({sip::HeaderId::expires, std::to_string(expires.count())});
    }
    return agent_.send(std::move(request), now);
}

// RFC 5626 §4.2.1: with one flow, the first, over which the registrar then reaches us. Over UDP it would want
// STUN (§4.4.2).
void TrunkLinks::add_contact(Link& link, sip::NameAddr contact, const sip::Flow& flow,
                             sip::ExtraHeaders& headers) {
    link.contact = contact.uri;
    if (link.outbound && sip::is_reliable(flow.transport)) {
        contact.params.set("+sip.instance", instance_of(contact.uri, link.trunk.domain));
        contact.params.set("reg-id", "1");
    }
    headers.push_back({sip::HeaderId::contact, contact.to_string()});
}

// Says what has changed, not what has not.
void TrunkLinks::report(Link& link, TimePoint now) {
    const bool registered = link.registration.registered(now);
    const int status = link.registration.last_status();
    const bool failed = status >= 300 && status != 423;
    if (registered == link.was_registered && !failed) return;
    link.was_registered = registered;
    log_.write({failed ? LogLevel::warning : LogLevel::info,
                registered && !failed ? "trunk.registered" : "trunk.not_registered",
                {},
                {{"trunk", link.trunk.name}, {"status", std::to_string(status)}}});
}

const TrunkLinks::Link* TrunkLinks::find(const Trunk& trunk) const {
    const auto found = std::find_if(links_.begin(), links_.end(), [&](const auto& link) {
        return !link->leaving && link->trunk.name == trunk.name;
    });
    return found == links_.end() ? nullptr : found->get();
}

std::vector<sip::DigestCredentials> TrunkLinks::credentials(const Trunk& trunk) const {
    if (trunk.password.empty()) return {};
    const Link* link = find(trunk);
    const std::string& learnt = link && !link->realm.empty() ? link->realm : trunk.domain;
    return {credentials_in(trunk, trunk.realm.empty() ? learnt : trunk.realm)};
}

bool TrunkLinks::reachable(const Trunk& trunk) const {
    const Link* link = find(trunk);
    return !link || link->registration.reachable();
}

bool TrunkLinks::registered(const Trunk& trunk, TimePoint now) const {
    const Link* link = find(trunk);
    return link && link->registration.registered(now);
}

bool TrunkLinks::idle() const {
    return std::none_of(links_.begin(), links_.end(), [](const auto& link) { return bool(link->request); });
}

}  // namespace rotunda::rooms
