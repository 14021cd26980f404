#include "rtp/ice_lite.hpp"

#include <algorithm>
#include <string>

namespace rotunda::rtp {
namespace {

constexpr Duration consent = std::chrono::seconds(30);

// RFC 8445 §7.2.2: "ours:theirs".
bool names_us(std::string_view username, std::string_view ufrag) {
    return username.size() > ufrag.size() && username.starts_with(ufrag) && username[ufrag.size()] == ':';
}

Endpoint plain(const Endpoint& e) {
    return {e.address.unmapped(), e.port};
}

}  // namespace

void IceLite::configure(const IcePair& pair) {
    if (pair == pair_) return;
    pair_ = pair;
    proven_ = {};
}

Bytes IceLite::handle(Bytes datagram, const Endpoint& source, TimePoint now) {
    const auto request = StunMessage::parse(datagram);
    if (!request || request->type() != stun_binding_request || !request->has_valid_fingerprint()) {
        ++refused_;
        return {};
    }
    // RFC 8489 §9.1.3
    if (!request->username() || !request->has_integrity()) return refuse(*request, 400, "Bad Request", false);
    if (!names_us(*request->username(), pair_.ours.ufrag) || !request->is_authentic(pair_.ours.password))
        return refuse(*request, 401, "Unauthenticated", false);
    if (request->unknown_count() > 0) return refuse(*request, 420, "Unknown Attribute", true);
    // Who checks nothing cannot take the other role (RFC 8445 §6.1.1).
    if (request->says_controlled()) return refuse(*request, 487, "Role Conflict", true);
    remember(plain(source));
    if (request->use_candidate()) selected_ = plain(source);
    if (selected_ == plain(source)) last_check_ = now;
    return answer(*request, source);
}

Bytes IceLite::answer(const StunMessage& request, const Endpoint& source) {
    response_.emplace(stun_binding_success, request.cookie_and_id());
    response_->mapped_address(source);
    return response_->finish(pair_.ours.password);
}

Bytes IceLite::refuse(const StunMessage& request, int code, std::string_view phrase, bool signed_by_us) {
    ++refused_;
    response_.emplace(stun_binding_error, request.cookie_and_id());
    response_->error(code, phrase);
    if (code == 420) response_->unknown_attributes(request);
    return response_->finish(signed_by_us ? std::string_view(pair_.ours.password) : std::string_view());
}

void IceLite::remember(const Endpoint& source) {
    if (is_proven(source)) return;
    proven_[next_proven_++ % most_proven] = source;
}

bool IceLite::is_proven(const Endpoint& source) const {
    const Endpoint wanted = plain(source);
    return std::any_of(proven_.begin(), proven_.end(),
                       [&](const Endpoint& e) { return e.port != 0 && e == wanted; });
}

std::optional<Endpoint> IceLite::selected(TimePoint now) const {
    return now - last_check_ < consent ? selected_ : std::nullopt;
}

}  // namespace rotunda::rtp
