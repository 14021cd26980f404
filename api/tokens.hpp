// Who may ask what over HTTP: bearer tokens (RFC 6750), or, where none is configured, whoever is on this
// host.
#pragma once

#include <string>
#include <vector>

#include "api/router.hpp"

namespace rotunda::api {

struct Token {
    std::string name;  // for people and logs; the secret itself is in neither
    std::string secret;
    Scope scope = Scope::read;
};

class Tokens {
  public:
    // `local_only`: the API is bound to a loopback address, so that without tokens it may serve this host.
    // With tokens only they count.
    Tokens(std::vector<Token> tokens, bool local_only);
    Scope scope_of(const HttpRequest& request) const;

  private:
    std::vector<Token> tokens_;
    bool local_only_;
};

}  // namespace rotunda::api
