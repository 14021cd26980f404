// The whole server: sockets, user agent, focus and media workers, joined on the signaling thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "server/config.hpp"

namespace rotunda::server {

class Server {
  public:
    // Reads the configuration again, wherever it came from.
    using Reread = std::function<Result<Config>()>;

    // Binds every listener and starts the workers. The error is one line for the operator. Without `reread`
    // there is nothing to reload.
    static Result<std::unique_ptr<Server>> start(Config config, Reread reread = {});
    ~Server();

    // Serves on this thread, which becomes the signaling thread, until a signal has ended it: the first
    // SIGTERM or SIGINT drains for drain.deadline and then hangs up every call, a second one ends at once.
    // SIGHUP reloads the configuration; SIGUSR1 logs what the server holds.
    void run();
    // As SIGTERM. Any thread.
    void drain();
    // As SIGHUP. Any thread.
    void reload();

    // The listeners as they are, ports that were 0 filled in.
    const std::vector<ListenAddress>& bound() const;
    // Where HTTP is served; nullopt: nowhere.
    std::optional<Endpoint> http_bound() const;

  private:
    class Parts;
    explicit Server(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace rotunda::server
