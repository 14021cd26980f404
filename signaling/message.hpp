// One SIP message as a value: start line, ordered header fields, body (RFC 3261 §7). Copies and moves freely.
//
// The header fields live in one text owned by the message; views given out point into it and die with the
// next change. Via, From, To and CSeq, which every layer asks for, are decoded when they are asked for first,
// and once. Content-Length is not kept: it is the body's size, and the writer says so.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/header_fields.hpp"
#include "signaling/header_id.hpp"
#include "signaling/method.hpp"
#include "signaling/uri.hpp"

namespace rotunda::sip {

class SipMessage {
  public:
    struct Header {
        HeaderId id = HeaderId::other;
        std::string_view name;   // canonical, or as received when id is other
        std::string_view value;  // unfolded, no white space at the ends
    };

    SipMessage() = default;
    SipMessage(const SipMessage& other);
    SipMessage(SipMessage&&) noexcept = default;
    SipMessage& operator=(const SipMessage& other) { return *this = SipMessage(other); }
    SipMessage& operator=(SipMessage&&) noexcept = default;
    ~SipMessage() = default;

    // A request with no header field yet.
    static SipMessage request(Method method, Uri uri);
    // A response with no header field yet; an empty reason stands for reason_phrase(status).
    static SipMessage response(int status, std::string_view reason = {});
    // RFC 3261 §8.2.6.2: Via, From, To, Call-ID and CSeq of the request, byte for byte; Timestamp too in a
    // 100. The To tag is the caller's to set (set_to_tag), and so is Record-Route (copy_headers).
    static SipMessage response_to(const SipMessage& request, int status, std::string_view reason = {});

    bool is_request() const { return status_ == 0; }
    bool is_response() const { return status_ != 0; }
    // Requests: of the start line; responses: of CSeq.
    const Method& method() const { return is_request() ? method_ : cseq().method; }
    const Uri& uri() const { return uri_; }
    void set_uri(Uri uri) { uri_ = std::move(uri); }
    // 100 to 699; 0 in a request.
    int status() const { return status_; }
    const std::string& reason() const { return reason_; }
    bool is_provisional() const { return status_ >= 100 && status_ < 200; }
    bool is_final() const { return status_ >= 200; }
    bool is_success() const { return status_ >= 200 && status_ < 300; }

    // Decoded once; empty values (no host, no tag, number 0) where the field is absent or broken.
    // parse_message() lets no message pass without them.
    const Via& top_via() const;
    const NameAddr& from() const;
    const NameAddr& to() const;
    const CSeq& cseq() const;
    std::string_view call_id() const { return header(HeaderId::call_id).value_or(std::string_view{}); }
    std::string_view from_tag() const { return tag_in(HeaderId::from); }
    std::string_view to_tag() const { return tag_in(HeaderId::to); }

    // Any header field. Via, Contact, Route, Record-Route and the other address lists are stored one value
    // per header, also when they came in one line.
    std::size_t header_count() const { return slots_.size(); }
    Header header_at(std::size_t index) const;
    bool has(HeaderId id) const { return first(id) != nullptr; }
    // How many values there are of an address list.
    std::size_t count(HeaderId id) const;
    // The first of that name.
    std::optional<std::string_view> header(HeaderId id) const;
    std::optional<std::string_view> header(std::string_view name) const;
    // Every value: one per header, and where the grammar has a list, one per element of it.
    std::vector<std::string_view> values(HeaderId id) const;
    // True when the list has this token (Supported, Require, Allow, ...), without case.
    bool lists(HeaderId id, std::string_view token) const;

    // Typed. Elements that do not parse are left out (parse_message() refuses a message with a broken Via,
    // Contact or Route).
    std::vector<Via> vias() const;
    std::vector<NameAddr> contacts() const;
    bool has_star_contact() const;  // "Contact: *" (RFC 3261 §10.2.2)
    std::vector<NameAddr> routes() const { return name_addrs(HeaderId::route); }
    std::vector<NameAddr> record_routes() const { return name_addrs(HeaderId::record_route); }
    std::vector<NameAddr> name_addrs(HeaderId id) const;
    std::optional<std::uint8_t> max_forwards() const;
    std::optional<std::uint32_t> expires() const;
    std::optional<RetryAfter> retry_after() const;
    std::optional<MediaType> content_type() const;
    std::optional<ValueWithParams> content_disposition() const;
    std::vector<MediaType> accept() const;
    std::vector<Warning> warnings() const;

    // Changing. A value must hold no CR, LF or NUL: what the caller took from outside has been parsed before.
    // Fields of the address lists (is_address_list) take one value each, without commas between addresses.
    void add(HeaderId id, std::string_view value);
    void add(std::string_view name, std::string_view value);
    void prepend(HeaderId id, std::string_view value);
    // Replaces all of that name by one, in the place of the first; appends if there was none.
    void set(HeaderId id, std::string_view value);
    void remove(HeaderId id);
    void remove_first(HeaderId id);
    // Appends every header field of that name, in order.
    void copy_headers(const SipMessage& from, HeaderId id);

    void prepend_via(const Via& via) { prepend(HeaderId::via, via.to_string()); }
    // E.g. with received and rport filled in (RFC 3261 §18.2.1, RFC 3581 §4).
    void replace_top_via(Via via);
    void set_from(const NameAddr& from) { set(HeaderId::from, from.to_string()); }
    void set_to(const NameAddr& to) { set(HeaderId::to, to.to_string()); }
    // Adds the tag to To as it stands; replaces one that is there. Does nothing where To is absent or broken,
    // as in the answer to such a request.
    void set_to_tag(std::string_view tag);
    void set_call_id(std::string_view call_id) { set(HeaderId::call_id, call_id); }
    void set_cseq(std::uint32_t number, const Method& method) {
        set(HeaderId::cseq, CSeq{number, method}.to_string());
    }
    void add(HeaderId id, const NameAddr& value) { add(id, value.to_string()); }

    const std::string& body() const { return body_; }
    // An empty content type leaves Content-Type as it is.
    void set_body(std::string body, std::string_view content_type = {});
    void clear_body();

    // Same start line, header fields (in order) and body.
    friend bool operator==(const SipMessage& a, const SipMessage& b);

  private:
    friend class MessageParser;
    struct Slot {
        HeaderId id = HeaderId::other;
        std::uint16_t name_size = 0;  // of an unknown name
        std::uint32_t name_at = 0;
        std::uint32_t value_at = 0;
        std::uint32_t value_size = 0;
    };

    Slot make_slot(HeaderId id, std::string_view name, std::string_view value);
    void append_slots(const SipMessage& from, HeaderId id);
    void forget(HeaderId id);
    std::string_view tag_in(HeaderId id) const;
    const Slot* first(HeaderId id) const;
    std::string_view value_of(const Slot& slot) const {
        return {text_.data() + slot.value_at, slot.value_size};
    }

    int status_ = 0;
    Method method_;
    Uri uri_;
    std::string reason_;

    std::string text_;
    std::vector<Slot> slots_;
    std::string body_;

    // What has been asked for. In one piece of its own, so that a message is moved at little cost.
    struct Decoded {
        std::optional<Via> top_via;
        std::optional<NameAddr> from, to;
        std::optional<CSeq> cseq;
    };
    Decoded& decoded() const;
    mutable std::unique_ptr<Decoded> decoded_;
    bool to_is_good_ = false;  // known without decoding it
};

}  // namespace rotunda::sip
