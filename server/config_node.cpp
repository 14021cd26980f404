#include "server/config_node.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <sstream>

namespace rotunda::server {
namespace {

constexpr std::size_t max_bytes = 1 << 20;
constexpr std::size_t max_values = 20'000;
constexpr std::size_t max_depth = 10;

struct Refused {
    ConfigComplaint complaint;
};

// Builds the tree from the parser's events. Throws Refused, the only way out of the parser.
class TreeBuilder final : public YAML::EventHandler {
  public:
    ConfigNode take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1) refuse(mark, "a second document (---) is not accepted");
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { scalar(mark, ""); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        refuse(mark, "aliases (*name) are not accepted");
    }
    void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  const std::string& value) override {
        scalar(mark, value);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {
        open(mark, ConfigNode::Kind::list);
    }
    void OnSequenceEnd() override { open_.pop_back(); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                    YAML::EmitterStyle::value) override {
        open(mark, ConfigNode::Kind::map);
    }
    void OnMapEnd() override { open_.pop_back(); }

  private:
    [[noreturn]] static void refuse(const YAML::Mark& mark, std::string why) {
        throw Refused{{mark.line + 1, std::move(why)}};
    }

    // A map's scalar is a name first and a value next.
    void scalar(const YAML::Mark& mark, const std::string& value) {
        if (!open_.empty() && node().kind == ConfigNode::Kind::map && !named_) {
            for (const ConfigNode& sibling : node().children)
                if (sibling.name == value) refuse(mark, value + " is set twice");
            name_ = value;
            name_line_ = mark.line + 1;
            named_ = true;
            return;
        }
        place(mark).text = value;
    }

    void open(const YAML::Mark& mark, ConfigNode::Kind kind) {
        if (open_.size() >= max_depth) refuse(mark, "nested too deeply");
        if (!open_.empty() && node().kind == ConfigNode::Kind::map && !named_)
            refuse(mark, "a key must be a plain name");
        ConfigNode& placed = place(mark);
        placed.kind = kind;
        open_.push_back(&placed);
    }

    // The parent's children vector never moves while a child is open: siblings follow only after it is
    // closed.
    ConfigNode& place(const YAML::Mark& mark) {
        if (++values_ > max_values) refuse(mark, "too many values");
        if (open_.empty()) {
            root_.line = mark.line + 1;
            return root_;
        }
        ConfigNode& placed = node().children.emplace_back();
        placed.line = named_ ? name_line_ : mark.line + 1;
        placed.name = named_ ? std::move(name_) : std::string();
        named_ = false;
        return placed;
    }

    ConfigNode& node() { return *open_.back(); }

    ConfigNode root_;
    std::vector<ConfigNode*> open_;
    std::string name_;
    int name_line_ = 0;
    bool named_ = false;
    std::size_t values_ = 0;
    int documents_ = 0;
};

// The parser takes a tab for part of a value, and says nothing of it.
std::string explain(const std::string& text, const YAML::Exception& e) {
    std::istringstream in(text);
    std::string line;
    for (int i = 0; i <= e.mark.line; ++i) std::getline(in, line);
    const std::string indent = line.substr(0, line.find_first_not_of(" \t"));
    return indent.find('\t') == indent.npos ? e.msg : "indented with a tab, where YAML wants spaces";
}

}  // namespace

Result<ConfigNode, ConfigComplaint> parse_yaml(const std::string& text) {
    if (text.size() > max_bytes) return fail(ConfigComplaint{0, "larger than 1 MiB"});
    try {
        std::istringstream in(text);
        YAML::Parser parser(in);
        TreeBuilder builder;
        while (parser.HandleNextDocument(builder)) {
        }
        return builder.take();
    } catch (const Refused& refused) {
        return fail(refused.complaint);
    } catch (const YAML::Exception& e) {
        return fail(ConfigComplaint{e.mark.is_null() ? 0 : e.mark.line + 1, explain(text, e)});
    }
}

}  // namespace rotunda::server
