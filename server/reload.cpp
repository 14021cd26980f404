#include "server/reload.hpp"

#include "server/config_table.hpp"

namespace rotunda::server {

Reload plan_reload(const Config& running, const Config& read) {
    Reload plan;
    plan.config = running;
    for (const ConfigKey& key : config_keys()) {
        const bool differs = key.differs(running, read);
        if (key.live) key.copy(read, plan.config);
        if (differs) (key.live ? plan.changed : plan.ignored).push_back(key.name);
    }
    return plan;
}

}  // namespace rotunda::server
