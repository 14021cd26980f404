// A gatekeeper and a registrar of example.com in virtual time, with a phone that answers challenges.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "accounts/registrar.hpp"
#include "signaling/digest_client.hpp"

namespace rotunda::accounts {

using namespace std::chrono_literals;

inline sip::Flow phone_flow(std::uint64_t connection = 0, const char* remote = "198.51.100.7:5060") {
    sip::Flow flow;
    flow.local = flow.advertised = *Endpoint::parse("192.0.2.1:5060");
    flow.remote = *Endpoint::parse(remote);
    if (connection != 0) {
        flow.transport = sip::Transport::tcp;
        flow.connection = sip::ConnectionId{connection};
    }
    return flow;
}

struct AccountBench {
    explicit AccountBench(AccessPolicy policy = {.domains = {"example.com"}},
                          DigestSettings digest = {"example.com"}, RegistrarSettings settings = {})
        : gatekeeper(std::move(policy), std::move(digest), users, random), registrar(settings, gatekeeper) {
        add("alice", "wonderland");
        add("bob", "builder");
    }

    void add(const std::string& name, const char* password) {
        users.set(name, make_digest_keys(name, "example.com", password));
    }

    static sip::SipMessage request(const sip::Method& method, const char* uri, const char* from,
                                   std::uint32_t cseq = 1) {
        sip::SipMessage out = sip::SipMessage::request(method, *sip::Uri::parse(uri));
        out.prepend_via(*sip::Via::parse("SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1"));
        out.set_from(*sip::NameAddr::parse(from));
        out.set_to(*sip::NameAddr::parse(from));
        out.set_call_id("call-1");
        out.set_cseq(cseq, method);
        return out;
    }
    sip::SipMessage register_request(const char* contact, std::uint32_t cseq = 1) const {
        sip::SipMessage out =
            request(sip::Method::register_, "sip:example.com", "<sip:alice@example.com>", cseq);
        if (*contact) out.add(sip::HeaderId::contact, contact);
        return out;
    }

    sip::GuardVerdict check(const sip::SipMessage& message, const sip::Identity* dialog = nullptr) {
        return gatekeeper.check(message, flow, dialog, now);
    }
    static int status(const sip::GuardVerdict& verdict) {
        return verdict.refused ? verdict.refused->response.status() : 0;
    }
    // Asks, answers one challenge, and says what came of that.
    sip::GuardVerdict authenticate(sip::SipMessage& message, sip::DigestClient& client) {
        client.authorize(message, random);
        sip::GuardVerdict verdict = check(message);
        if (!verdict.refused || !client.retry(message, verdict.refused->response)) return verdict;
        client.authorize(message, random);
        return check(message);
    }
    static sip::DigestClient client_of(const char* user, const char* password) {
        return sip::DigestClient(std::vector<sip::DigestCredentials>{{user, password, {}}});
    }

    // A REGISTER of alice that has passed the gatekeeper.
    RegisterAnswer enroll(const sip::SipMessage& message) {
        return registrar.on_register({{}, message, flow, sip::Identity::user("alice", "example.com")}, now);
    }
    RegisterAnswer enroll(const char* contact, std::uint32_t cseq = 1) {
        return enroll(register_request(contact, cseq));
    }
    std::vector<std::string> contacts(const char* user = "alice") const {
        std::vector<std::string> out;
        for (const ContactTarget& target : registrar.locations().lookup(user, now))
            out.push_back(target.uri.to_string());
        return out;
    }
    static std::vector<std::string> values(const RegisterAnswer& answer, sip::HeaderId id) {
        std::vector<std::string> out;
        for (const sip::ExtraHeader& header : answer.headers)
            if (header.id == id) out.push_back(header.value);
        return out;
    }

    SeededRandom random{11};
    TimePoint now{};
    sip::Flow flow = phone_flow();
    UserTable users;
    Gatekeeper gatekeeper;
    Registrar registrar;
};

}  // namespace rotunda::accounts
