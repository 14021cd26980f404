// Header field values as types. Every parse() takes one value without the name, white space inside allowed
// where the grammar has it, and answers nullopt where the grammar is broken. Every to_string() gives a value
// that parses back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "signaling/method.hpp"
#include "signaling/params.hpp"
#include "signaling/uri.hpp"

namespace rotunda::sip {

// From, To, Contact, Route, Record-Route, Refer-To, ...: name-addr or addr-spec with parameters (RFC 3261
// §20.10). Without angle brackets all parameters belong to the header field, none to the URI, and the URI may
// hold no '?' or ','.
struct NameAddr {
    std::string display_name;  // plain text: unquoted, no backslashes
    Uri uri;
    Params params;

    static std::optional<NameAddr> parse(std::string_view text);
    // Empty when there is none.
    std::string_view tag() const { return params.get("tag").value_or(std::string_view{}); }
    void set_tag(std::string_view tag) { params.set("tag", tag); }
    // Always in angle brackets.
    std::string to_string() const;
    friend bool operator==(const NameAddr&, const NameAddr&) = default;
};

// RFC 3261 §20.42, RFC 3581.
struct Via {
    std::string protocol = "SIP/2.0";
    std::string transport = "UDP";  // as written; compare without case
    std::string host;               // sent-by; IPv6 in brackets
    std::uint16_t port = 0;         // 0: none given
    Params params;

    static std::optional<Via> parse(std::string_view text);

    // Empty when there is none (RFC 2543 peers).
    std::string_view branch() const { return params.get("branch").value_or(std::string_view{}); }
    void set_branch(std::string_view branch) { params.set("branch", branch); }
    // Begins with the magic cookie and has something behind it (RFC 3261 §8.1.1.7, RFC 4475 §3.2.1).
    bool has_rfc3261_branch() const;
    std::optional<std::string_view> received() const { return params.get("received"); }
    // rport is there, with or without a value.
    bool has_rport() const { return params.has("rport"); }
    // Its value, if it has one.
    std::optional<std::uint16_t> rport() const;
    std::string to_string() const;
    friend bool operator==(const Via&, const Via&) = default;
};

struct CSeq {
    std::uint32_t number = 0;
    Method method;

    static std::optional<CSeq> parse(std::string_view text);
    std::string to_string() const;
    friend bool operator==(const CSeq&, const CSeq&) = default;
};

// RFC 3262 §7.2: which provisional response, of which request.
struct RAck {
    std::uint32_t rseq = 0;
    CSeq cseq;

    static std::optional<RAck> parse(std::string_view text);
    std::string to_string() const;
    friend bool operator==(const RAck&, const RAck&) = default;
};

// Content-Type, and each entry of Accept (RFC 3261 §20.15, §20.1). The types compare without case.
struct MediaType {
    std::string type;
    std::string subtype;
    Params params;

    static std::optional<MediaType> parse(std::string_view text);
    bool is(std::string_view wanted_type, std::string_view wanted_subtype) const;
    // As an entry of Accept: "*" stands for all.
    bool accepts(std::string_view wanted_type, std::string_view wanted_subtype) const;
    std::string to_string() const;
};

// A token with parameters: Content-Disposition, Event, Subscription-State, Reason, Session-Expires, Replaces,
// entries of Accept-Encoding (RFC 3261 §20.11 and others).
struct ValueWithParams {
    std::string value;
    Params params;

    static std::optional<ValueWithParams> parse(std::string_view text);
    std::string to_string() const;
};

// RFC 3261 §20.43.
struct Warning {
    std::uint16_t code = 399;  // 100-999
    std::string agent;         // host[:port] or pseudonym
    std::string text;          // plain, unquoted

    static std::optional<Warning> parse(std::string_view text);
    std::string to_string() const;
};

// RFC 3261 §20.33: seconds, perhaps a comment, perhaps ;duration.
struct RetryAfter {
    std::uint32_t seconds = 0;
    Params params;

    static std::optional<RetryAfter> parse(std::string_view text);
};

// delta-seconds (RFC 3261 §20.19): digits only; what is greater than 2^32-1 reads as 2^32-1.
std::optional<std::uint32_t> parse_delta_seconds(std::string_view text);

// The phrase RFC 3261 §21 and later RFCs give a status code; that of its class when unknown.
std::string_view reason_phrase(int status);

}  // namespace rotunda::sip
