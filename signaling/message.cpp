#include "signaling/message.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "signaling/grammar.hpp"

namespace rotunda::sip {

namespace {

// What cannot be read is decoded too: as the empty one, once.
template <typename T>
const T& decoded_once(std::optional<T>& field, std::optional<std::string_view> text) {
    if (!field && !(field = T::parse(text.value_or(std::string_view{})))) field.emplace();
    return *field;
}

}  // namespace

SipMessage SipMessage::request(Method method, Uri uri) {
    SipMessage out;
    out.method_ = std::move(method);
    out.uri_ = std::move(uri);
    return out;
}

SipMessage SipMessage::response(int status, std::string_view reason) {
    SipMessage out;
    out.status_ = status;
    out.reason_ = reason.empty() ? reason_phrase(status) : reason;
    return out;
}

SipMessage SipMessage::response_to(const SipMessage& request, int status, std::string_view reason) {
    SipMessage out = response(status, reason);
    // Some room, for the layers above write into it.
    out.text_.reserve(request.text_.size() + 256);
    out.slots_.reserve(16);
    out.append_slots(request, HeaderId::via);
    // One of each, even if a broken request has more.
    for (HeaderId id : {HeaderId::from, HeaderId::to, HeaderId::call_id, HeaderId::cseq})
        if (const Slot* slot = request.first(id))
            out.slots_.push_back(out.make_slot(id, {}, request.value_of(*slot)));
    out.to_is_good_ = request.to().uri.valid();
    if (status == 100) out.append_slots(request, HeaderId::timestamp);
    return out;
}

SipMessage::SipMessage(const SipMessage& other)
    : status_(other.status_),
      method_(other.method_),
      uri_(other.uri_),
      reason_(other.reason_),
      text_(other.text_),
      slots_(other.slots_),
      body_(other.body_),
      to_is_good_(other.to_is_good_) {}

SipMessage::Decoded& SipMessage::decoded() const {
    if (!decoded_) decoded_ = std::make_unique<Decoded>();
    return *decoded_;
}

const Via& SipMessage::top_via() const {
    return decoded_once(decoded().top_via, header(HeaderId::via));
}

const NameAddr& SipMessage::from() const {
    return decoded_once(decoded().from, header(HeaderId::from));
}

const NameAddr& SipMessage::to() const {
    return decoded_once(decoded().to, header(HeaderId::to));
}

const CSeq& SipMessage::cseq() const {
    return decoded_once(decoded().cseq, header(HeaderId::cseq));
}

// As tag() of the decoded one.
std::string_view SipMessage::tag_in(HeaderId id) const {
    const std::optional<NameAddr>* known = !decoded_            ? nullptr
                                           : id == HeaderId::to ? &decoded_->to
                                                                : &decoded_->from;
    if (known && *known) return (*known)->tag();
    const std::string_view value = header(id).value_or(std::string_view{});
    if (value.find(';') == value.npos) return {};  // it has no parameters at all
    return (id == HeaderId::to ? to() : from()).tag();
}

SipMessage::Header SipMessage::header_at(std::size_t index) const {
    const Slot& slot = slots_[index];
    const std::string_view name = slot.id == HeaderId::other
                                      ? std::string_view{text_.data() + slot.name_at, slot.name_size}
                                      : header_name(slot.id);
    return {slot.id, name, value_of(slot)};
}

const SipMessage::Slot* SipMessage::first(HeaderId id) const {
    for (const Slot& slot : slots_)
        if (slot.id == id) return &slot;
    return nullptr;
}

std::optional<std::string_view> SipMessage::header(HeaderId id) const {
    if (const Slot* slot = first(id)) return value_of(*slot);
    return std::nullopt;
}

std::optional<std::string_view> SipMessage::header(std::string_view name) const {
    if (const HeaderId id = header_id(name); id != HeaderId::other) return header(id);
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        const Header candidate = header_at(i);
        if (candidate.id == HeaderId::other && iequals(candidate.name, name)) return candidate.value;
    }
    return std::nullopt;
}

std::size_t SipMessage::count(HeaderId id) const {
    return static_cast<std::size_t>(std::ranges::count(slots_, id, &Slot::id));
}

std::vector<std::string_view> SipMessage::values(HeaderId id) const {
    std::vector<std::string_view> out;
    const bool split = is_comma_list(id) && !is_address_list(id);
    for (const Slot& slot : slots_) {
        if (slot.id != id) continue;
        if (!split) {
            out.push_back(value_of(slot));
            continue;
        }
        ListReader list(value_of(slot));
        while (const auto element = list.next())
            if (!element->empty()) out.push_back(*element);
    }
    return out;
}

bool SipMessage::lists(HeaderId id, std::string_view token) const {
    const auto all = values(id);
    return std::any_of(all.begin(), all.end(),
                       [token](std::string_view value) { return iequals(value, token); });
}

SipMessage::Slot SipMessage::make_slot(HeaderId id, std::string_view name, std::string_view value) {
    Slot slot{.id = id};
    if (id == HeaderId::other) {
        slot.name_at = static_cast<std::uint32_t>(text_.size());
        slot.name_size = static_cast<std::uint16_t>(name.size());
        text_ += name;
    }
    slot.value_at = static_cast<std::uint32_t>(text_.size());
    slot.value_size = static_cast<std::uint32_t>(value.size());
    text_ += value;
    return slot;
}

void SipMessage::forget(HeaderId id) {
    if (id == HeaderId::to) to_is_good_ = false;
    if (!decoded_) return;
    switch (id) {
        case HeaderId::via:
            decoded_->top_via.reset();
            break;
        case HeaderId::from:
            decoded_->from.reset();
            break;
        case HeaderId::to:
            decoded_->to.reset();
            break;
        case HeaderId::cseq:
            decoded_->cseq.reset();
            break;
        default:
            break;
    }
}

void SipMessage::add(HeaderId id, std::string_view value) {
    slots_.push_back(make_slot(id, {}, value));
    forget(id);
}

void SipMessage::add(std::string_view name, std::string_view value) {
    const HeaderId id = header_id(name);
    slots_.push_back(make_slot(id, name, value));
    forget(id);
}

void SipMessage::prepend(HeaderId id, std::string_view value) {
    const auto at =
        std::find_if(slots_.begin(), slots_.end(), [id](const Slot& slot) { return slot.id == id; });
    // Via goes to the top, where elements in a hurry look for it (RFC 3261 §7.3.1).
    const auto place = at == slots_.end() ? slots_.begin() : at;
    slots_.insert(place, make_slot(id, {}, value));
    forget(id);
}

void SipMessage::set(HeaderId id, std::string_view value) {
    const Slot slot = make_slot(id, {}, value);
    const auto at =
        std::find_if(slots_.begin(), slots_.end(), [id](const Slot& other) { return other.id == id; });
    if (at == slots_.end()) {
        slots_.push_back(slot);
    } else {
        *at = slot;
        slots_.erase(std::remove_if(at + 1, slots_.end(), [id](const Slot& other) { return other.id == id; }),
                     slots_.end());
    }
    forget(id);
}

void SipMessage::remove(HeaderId id) {
    std::erase_if(slots_, [id](const Slot& slot) { return slot.id == id; });
    forget(id);
}

void SipMessage::remove_first(HeaderId id) {
    const auto at =
        std::find_if(slots_.begin(), slots_.end(), [id](const Slot& slot) { return slot.id == id; });
    if (at != slots_.end()) slots_.erase(at);
    forget(id);
}

void SipMessage::append_slots(const SipMessage& from, HeaderId id) {
    for (const Slot& slot : from.slots_)
        if (slot.id == id) slots_.push_back(make_slot(id, {}, from.value_of(slot)));
}

void SipMessage::copy_headers(const SipMessage& from, HeaderId id) {
    append_slots(from, id);
    forget(id);
}

void SipMessage::replace_top_via(Via via) {
    for (Slot& slot : slots_) {
        if (slot.id != HeaderId::via) continue;
        slot = make_slot(HeaderId::via, {}, via.to_string());
        if (decoded_) decoded_->top_via = std::move(via);
        return;
    }
}

void SipMessage::set_to_tag(std::string_view tag) {
    const bool good = to_is_good_;
    if (!good && !to().uri.valid()) return;
    if (!to_tag().empty()) {
        NameAddr changed = to();
        changed.set_tag(tag);
        return set_to(changed);
    }
    std::string value(header(HeaderId::to).value_or(std::string_view{}));
    set(HeaderId::to, value.append(";tag=").append(tag));
    to_is_good_ = good;
}

void SipMessage::set_body(std::string body, std::string_view content_type) {
    body_ = std::move(body);
    if (!content_type.empty()) set(HeaderId::content_type, content_type);
}

void SipMessage::clear_body() {
    body_.clear();
    for (HeaderId id : {HeaderId::content_type, HeaderId::content_disposition, HeaderId::content_encoding,
                        HeaderId::content_language})
        remove(id);
}

bool operator==(const SipMessage& a, const SipMessage& b) {
    if (a.status_ != b.status_ || a.reason_ != b.reason_ || !(a.method_ == b.method_) || !(a.uri_ == b.uri_))
        return false;
    if (a.slots_.size() != b.slots_.size() || a.body_ != b.body_) return false;
    for (std::size_t i = 0; i < a.slots_.size(); ++i) {
        const SipMessage::Header left = a.header_at(i), right = b.header_at(i);
        if (left.id != right.id || left.name != right.name || left.value != right.value) return false;
    }
    return true;
}

}  // namespace rotunda::sip
