// RFC 5922 §7: whether a certificate speaks for a SIP domain.
#pragma once

#include <string>

struct x509_st;

namespace rotunda::server {

// `domain`: of the URI that led here; an address, where that has none. False for no certificate.
bool is_certificate_for(x509_st* certificate, const std::string& domain);

}  // namespace rotunda::server
