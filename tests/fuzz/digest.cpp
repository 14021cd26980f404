// Any text as each header field of digest authentication, and as credentials shown to the gatekeeper.
#include "signaling/digest.hpp"

#include "accounts/gatekeeper.hpp"
#include "tests/fuzz/round_trip.hpp"

using namespace rotunda;
using rotunda::fuzz::require;
using rotunda::fuzz::round_trip;

namespace {

void show_to_gatekeeper(std::string_view text) {
    static SeededRandom random(1);
    static accounts::UserTable users = [] {
        accounts::UserTable table;
        table.set("alice", accounts::make_digest_keys("alice", "example.com", "secret"));
        return table;
    }();
    accounts::AccessPolicy policy;
    policy.domains = {"example.com"};
    accounts::DigestSettings settings;
    settings.realm = "example.com";
    static accounts::Gatekeeper gatekeeper(policy, settings, users, random);

    sip::SipMessage request =
        sip::SipMessage::request(sip::Method::invite, sip::Uri::sip("1000", "example.com"));
    request.set_from({{}, sip::Uri::sip("alice", "example.com"), {}});
    request.add(sip::HeaderId::authorization, text);
    const auto verdict = gatekeeper.check(request, {}, nullptr, TimePoint{});
    require(verdict.refused.has_value(), "nobody guesses a nonce of ours");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::as_text(data, size);
    if (!fuzz::is_header_value(text)) return 0;
    round_trip<sip::DigestChallenge>(text);
    round_trip<sip::DigestAuthorization>(text);
    round_trip<sip::AuthenticationInfo>(text);
    show_to_gatekeeper(text);
    return 0;
}
