#include "server/certificate_name.hpp"

#include <openssl/x509v3.h>

#include <memory>
#include <string_view>

#include "base/net_address.hpp"
#include "base/text.hpp"
#include "signaling/uri.hpp"

namespace rotunda::server {
namespace {

struct SipNames {
    bool any = false;
    bool match = false;
};

// §7.1: URIs of scheme sip among the alternative names; one with a user part is a person, not a domain.
SipNames sip_names(x509_st* certificate, const std::string& domain) {
    SipNames found;
    const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
        GENERAL_NAMES_free);
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_URI) continue;
        const ASN1_IA5STRING* text = name->d.uniformResourceIdentifier;
        const auto uri = sip::Uri::parse({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                          static_cast<std::size_t>(ASN1_STRING_length(text))});
        if (!uri || uri->scheme() != sip::Uri::Scheme::sip || !uri->raw_user().empty()) continue;
        found.any = true;
        found.match = found.match || iequals(uri->host(), domain);
    }
    return found;
}

}  // namespace

bool is_certificate_for(x509_st* certificate, const std::string& domain) {
    if (!certificate || domain.empty()) return false;
    if (const auto address = IpAddress::parse(domain))
        return X509_check_ip_asc(certificate, address->to_string().c_str(), 0) == 1;
    if (const SipNames names = sip_names(certificate, domain); names.any) return names.match;
    // §7.2: a wildcard speaks for nobody.
    return X509_check_host(certificate, domain.c_str(), domain.size(), X509_CHECK_FLAG_NO_WILDCARDS,
                           nullptr) == 1;
}

}  // namespace rotunda::server
