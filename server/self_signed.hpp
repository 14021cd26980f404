// A certificate for a server that was given none: encryption against those who listen, no proof of who we
// are.
#pragma once

struct ssl_ctx_st;

namespace rotunda::server {

// Makes a key and a certificate signed with it, for this process only. False: OpenSSL says why.
bool use_self_signed(ssl_ctx_st* context);

}  // namespace rotunda::server
