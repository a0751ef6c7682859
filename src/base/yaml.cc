#include "base/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <limits>
#include <map>
#include <set>
#include <sstream>

namespace tarn {
namespace {

/// Leaves yaml-cpp's parser from inside an event; never leaves this file.
struct Refused {
  int line;
  std::string why;
};

constexpr std::string_view kNullTag = "tag:yaml.org,2002:null";
constexpr std::string_view kStringTag = "tag:yaml.org,2002:str";

bool is_null_text(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

template <class T>
std::optional<T> read_number(std::string_view text, int base = 10) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) {
      return std::nullopt;
    }
  }
  T value{};
  std::from_chars_result read{};
  if constexpr (std::is_integral_v<T>) {
    read = std::from_chars(text.data(), text.data() + text.size(), value, base);
  } else {
    read = std::from_chars(text.data(), text.data() + text.size(), value);
  }
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

YamlNode::YamlNode() = default;
YamlNode::~YamlNode() = default;
YamlNode::YamlNode(const YamlNode&) = default;
YamlNode::YamlNode(YamlNode&&) noexcept = default;
YamlNode& YamlNode::operator=(const YamlNode&) = default;
YamlNode& YamlNode::operator=(YamlNode&&) noexcept = default;

YamlNode YamlNode::scalar(std::string text, bool plain) {
  YamlNode node;
  node.kind_ = Kind::kScalar;
  node.text_ = std::move(text);
  node.plain_ = plain;
  return node;
}

YamlNode YamlNode::sequence(std::vector<YamlNode> items) {
  YamlNode node;
  node.kind_ = Kind::kSequence;
  node.items_ = std::move(items);
  return node;
}

YamlNode YamlNode::map(std::vector<Field> fields) {
  YamlNode node;
  node.kind_ = Kind::kMap;
  node.fields_ = std::move(fields);
  return node;
}

std::optional<bool> YamlNode::as_bool() const {
  if (!plain_) {
    return std::nullopt;
  }
  for (const char* word : {"true", "True", "TRUE"}) {
    if (text_ == word) {
      return true;
    }
  }
  for (const char* word : {"false", "False", "FALSE"}) {
    if (text_ == word) {
      return false;
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> YamlNode::as_int() const {
  if (!plain_) {
    return std::nullopt;
  }
  if (text_.starts_with("0x")) {
    return read_number<std::int64_t>(std::string_view(text_).substr(2), 16);
  }
  if (text_.starts_with("0o")) {
    return read_number<std::int64_t>(std::string_view(text_).substr(2), 8);
  }
  return read_number<std::int64_t>(text_);
}

std::optional<double> YamlNode::as_double() const {
  if (!plain_) {
    return std::nullopt;
  }
  if (text_ == ".inf" || text_ == "+.inf") {
    return std::numeric_limits<double>::infinity();
  }
  if (text_ == "-.inf") {
    return -std::numeric_limits<double>::infinity();
  }
  if (text_ == ".nan") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  // from_chars also reads the words "inf" and "nan", which are strings in YAML.
  const bool numeric = text_.find_first_not_of("+-0123456789.eE") == std::string::npos;
  return numeric ? read_number<double>(text_) : std::nullopt;
}

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const Field& field : fields_) {
    if (field.key == key) {
      return &field.value;
    }
  }
  return nullptr;
}

/// Builds the tree from yaml-cpp's events. Not its node API, which takes duplicate keys and leaves
/// `<<` alone.
class YamlBuilder final : public YAML::EventHandler {
 public:
  explicit YamlBuilder(const YamlLimits& limits) : limits_(limits) {}

  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(YamlNode(), mark, anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      throw Refused{mark.line + 1, "an alias inside the node that it names"};
    }
    count(found->second.nodes, mark);
    YamlNode copy = found->second.node;
    if (open_.size() + found->second.depth > limits_.depth_max) {
      throw Refused{mark.line + 1, fmt::format("deeper than {} levels", limits_.depth_max)};
    }
    place(std::move(copy), found->second.depth, mark.line + 1);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool plain = tag == "?" || (!tag.empty() && tag != "!" && tag != kStringTag);
    if ((tag == "?" && is_null_text(value)) || tag == kNullTag) {
      add(YamlNode(), mark, anchor, value);
    } else {
      add(YamlNode::scalar(value, plain), mark, anchor);
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::sequence({}), mark, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::map({}), mark, anchor);
  }
  void OnMapEnd() override {
    merge(open_.back().node);
    close();
  }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    std::size_t nodes_before = 0;
    /// Levels below this node.
    std::size_t depth = 0;
    std::optional<std::string> key;
    int key_line = 0;
    bool key_plain = false;
    std::set<std::string> keys;
  };
  struct Anchored {
    YamlNode node;
    std::size_t nodes = 0;
    std::size_t depth = 0;
  };

  void count(std::size_t nodes, const YAML::Mark& mark) {
    nodes_ += nodes;
    if (nodes_ > limits_.nodes_max) {
      throw Refused{mark.line + 1, fmt::format("more than {} nodes", limits_.nodes_max)};
    }
  }

  /// A leaf. `key_text` is how a null reads as a key (`~: 1`).
  void add(YamlNode node, const YAML::Mark& mark, YAML::anchor_t anchor,
           std::string_view key_text = "") {
    count(1, mark);
    node.line_ = mark.line + 1;
    if (anchor != YAML::NullAnchor) {
      anchors_[anchor] = Anchored{.node = node, .nodes = 1, .depth = 0};
    }
    if (node.is_null() && expects_key()) {
      node = YamlNode::scalar(std::string(key_text), false);
    }
    place(std::move(node), 0, mark.line + 1);
  }

  void open(YamlNode node, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (expects_key()) {
      throw Refused{mark.line + 1, "a key must be a scalar"};
    }
    if (open_.size() >= limits_.depth_max) {
      throw Refused{mark.line + 1, fmt::format("deeper than {} levels", limits_.depth_max)};
    }
    node.line_ = mark.line + 1;
    const std::size_t before = nodes_;
    count(1, mark);
    open_.push_back(Open{.node = std::move(node),
                         .anchor = anchor,
                         .nodes_before = before,
                         .depth = 0,
                         .key = {},
                         .key_line = 0,
                         .key_plain = false,
                         .keys = {}});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    if (done.anchor != YAML::NullAnchor) {
      anchors_[done.anchor] =
          Anchored{.node = done.node, .nodes = nodes_ - done.nodes_before, .depth = done.depth + 1};
    }
    const int line = done.node.line_;
    place(std::move(done.node), done.depth + 1, line);
  }

  bool expects_key() const {
    return !open_.empty() && open_.back().node.is_map() && !open_.back().key;
  }

  void place(YamlNode node, std::size_t depth, int line) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    parent.depth = std::max(parent.depth, depth);
    if (parent.node.is_sequence()) {
      parent.node.items_.push_back(std::move(node));
      return;
    }
    if (!parent.key) {
      if (!node.is_scalar()) {
        throw Refused{line, "a key must be a scalar"};
      }
      parent.key = node.text();
      parent.key_line = line;
      parent.key_plain = node.plain();
      // Quoted, `<<` is an ordinary key; two merges are told apart from duplicates only when plain.
      const bool merge_key = node.plain() && node.text() == "<<";
      if (!merge_key && !parent.keys.insert(*parent.key).second) {
        throw Refused{line, fmt::format("duplicate key \"{}\"", *parent.key)};
      }
      if (merge_key) {
        parent.key_line = -line;
      }
      return;
    }
    parent.node.fields_.push_back({.key = *std::move(parent.key),
                                   .value = std::move(node),
                                   .line = parent.key_line,
                                   .plain_key = parent.key_plain});
    parent.key.reset();
  }

  /// Puts the fields of merged maps after the map's own ones, which win; earlier merges win over
  /// later ones.
  void merge(YamlNode& map) {
    std::vector<YamlNode::Field> own;
    std::vector<YamlNode> sources;
    for (YamlNode::Field& field : map.fields_) {
      if (field.line >= 0) {
        own.push_back(std::move(field));
      } else if (field.value.is_sequence()) {
        for (const YamlNode& item : field.value.items()) {
          sources.push_back(item);
        }
      } else {
        sources.push_back(std::move(field.value));
      }
    }
    map.fields_ = std::move(own);
    std::set<std::string, std::less<>> have;
    if (!sources.empty()) {
      for (const YamlNode::Field& field : map.fields_) {
        have.insert(field.key);
      }
    }
    for (const YamlNode& source : sources) {
      if (!source.is_map()) {
        throw Refused{map.line(), "a merge key (<<) takes a map or a list of maps"};
      }
      for (const YamlNode::Field& field : source.fields()) {
        if (have.insert(field.key).second) {
          map.fields_.push_back(field);
        }
      }
    }
  }

  const YamlLimits& limits_;
  YamlNode root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
};

Result<YamlNode> parse_yaml(std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.size_bytes_max) {
    return Error::with_message(kInvalid,
                               fmt::format("larger than {} bytes", limits.size_bytes_max));
  }
  std::istringstream in{std::string(text)};
  YamlBuilder builder(limits);
  try {
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(builder)) {
      return YamlNode();
    }
    YamlNode root = builder.take();
    YamlBuilder second(limits);
    if (parser.HandleNextDocument(second)) {
      const YamlNode more = second.take();
      return Error::with_message(kInvalid, fmt::format("line {}: a second document", more.line()));
    }
    return root;
  } catch (const Refused& refused) {
    return Error::with_message(kInvalid, fmt::format("line {}: {}", refused.line, refused.why));
  } catch (const YAML::Exception& e) {
    return Error::with_message(kInvalid, fmt::format("line {}: {}", e.mark.line + 1, e.msg));
  } catch (const std::exception& e) {
    return Error::with_message(kInvalid, fmt::format("not readable as YAML: {}", e.what()));
  }
}

}  // namespace tarn
