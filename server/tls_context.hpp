// Who we are over TLS and whom we believe: certificates, the authorities, what is asked of clients. Loaded
// from files and loaded again when those change. Signaling thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "server/config.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace rotunda::server {

class TlsContext {
  public:
    // `serves`: there are listeners, so a certificate is needed; without one in the settings one signed by
    // itself is made. The error is one line for the operator.
    static Result<std::unique_ptr<TlsContext>> load(const Config::Tls& settings, bool serves);
    ~TlsContext();

    // True if files had changed, or can be used at last, and are now in use. An error leaves everything as it
    // was, and is told once for each change of the files. Connections that stand keep what they began with.
    Result<bool> reload_if_changed();
    // The same for these settings, which may be others; what is wrong is told each time.
    Result<bool> use(const Config::Tls& settings);
    bool self_signed() const { return self_signed_; }
    // When the first of the server's certificates ends; nullopt: it has none.
    std::optional<WallTime> expires() const;

    // One connection's state, the caller's to free; null: out of memory. The server's certificate is the one
    // made for the name the client asks for (SNI), else the first.
    ssl_st* new_server() const;
    ssl_st* new_client() const;

  private:
    struct Free {
        void operator()(ssl_ctx_st* context) const;
    };
    using Context = std::unique_ptr<ssl_ctx_st, Free>;

    explicit TlsContext(const Config::Tls& settings) : settings_(settings) {}
    Result<std::vector<Context>> load_servers();
    Result<Context> load_client() const;
    // Size and time of every file.
    std::string stamp() const;
    bool files_changed();
    Result<bool> load_again();
    static int choose_by_name(ssl_st* ssl, int* alert, void* self);

    Config::Tls settings_;
    bool serves_ = false;
    bool self_signed_ = false;
    std::string stamp_;
    bool wrong_ = false;  // what the files hold now: in use is what they held before
    std::vector<Context> servers_;
    Context client_;
};

}  // namespace rotunda::server
