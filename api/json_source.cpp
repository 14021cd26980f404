// Boost.JSON is compiled here, once: Debian has no need of its shared library then.
#include <boost/json/src.hpp>
