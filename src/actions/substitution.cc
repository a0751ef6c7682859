#include "actions/substitution.h"

#include "actions/errors.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

namespace tarn::actions {
namespace {

struct Reference {
  std::size_t begin = 0;
  std::size_t end = 0;  // after the braces
  std::string_view name;
};

/// Settings of the server, which may be secrets, and its AWS keys: hooks get none of these,
/// whatever the prefix.
bool belongs_to_server(std::string_view name) {
  constexpr std::string_view kSettings[] = {"TARN_", "LAKEFS_"};
  constexpr std::string_view kKeys[] = {"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"};
  return std::ranges::any_of(kSettings, [name](auto prefix) { return name.starts_with(prefix); }) ||
         std::ranges::find(kKeys, name) != std::end(kKeys);
}

/// The first match of `{{ ?ENV\..*? ?}}` at or after `from`.
std::optional<Reference> find_reference(std::string_view text, std::size_t from) {
  constexpr std::string_view kOpen = "{{";
  constexpr std::string_view kClose = "}}";
  constexpr std::string_view kEnv = "ENV.";
  for (std::size_t begin = text.find(kOpen, from); begin != std::string_view::npos;
       begin = text.find(kOpen, begin + 1)) {
    std::size_t at = begin + kOpen.size();
    at += at < text.size() && text[at] == ' ' ? 1 : 0;
    if (!text.substr(at).starts_with(kEnv)) {
      continue;
    }
    at += kEnv.size();
    const std::size_t close = text.find(kClose, at);
    if (close == std::string_view::npos) {
      return std::nullopt;
    }
    std::string_view name = text.substr(at, close - at);
    if (name.find('\n') != std::string_view::npos) {
      continue;
    }
    if (name.ends_with(' ')) {
      name.remove_suffix(1);
    }
    return Reference{begin, close + kClose.size(), name};
  }
  return std::nullopt;
}

}  // namespace

void Secrets::add(std::string value) {
  if (value.size() < kMaskBytesMin) {
    return;
  }
  const auto longer = [](const std::string& a, const std::string& b) {
    return a.size() > b.size();
  };
  values_.insert(std::upper_bound(values_.begin(), values_.end(), value, longer), std::move(value));
}

std::string Secrets::mask(std::string text) const {
  for (const std::string& value : values_) {
    std::size_t at = text.find(value);
    if (at == std::string::npos) {
      continue;
    }
    std::string masked;
    std::size_t copied = 0;
    for (; at != std::string::npos; at = text.find(value, copied)) {
      masked.append(text, copied, at - copied).append(kMask);
      copied = at + value.size();
    }
    masked.append(text, copied);
    text = std::move(masked);
  }
  return text;
}

Result<Substitution::Text> Substitution::apply(std::string_view text, Secrets& secrets) const {
  Text out;
  std::size_t copied = 0;
  while (const std::optional<Reference> reference = find_reference(text, copied)) {
    out.secret = true;
    out.value.append(text.substr(copied, reference->begin - copied));
    copied = reference->end;
    if (!config_.enabled || !reference->name.starts_with(config_.prefix) ||
        belongs_to_server(reference->name)) {
      continue;
    }
    const auto found = environment_.all().find(reference->name);
    if (found == environment_.all().end()) {
      return Error(kMissingVariable, std::string(reference->name) + " not found");
    }
    out.value.append(found->second);
    secrets.add(found->second);
  }
  out.value.append(text.substr(copied));
  return out;
}

Result<YamlNode> Substitution::apply(const YamlNode& node, Secrets& secrets) const {
  if (node.is_scalar()) {
    TARN_TRY(Text text, apply(node.text(), secrets));
    return text.secret ? YamlNode::scalar(std::move(text.value), false) : node;
  }
  if (node.is_sequence()) {
    std::vector<YamlNode> items;
    items.reserve(node.items().size());
    for (const YamlNode& item : node.items()) {
      TARN_TRY(YamlNode changed, apply(item, secrets));
      items.push_back(std::move(changed));
    }
    return YamlNode::sequence(std::move(items));
  }
  std::vector<YamlNode::Field> fields;
  fields.reserve(node.fields().size());
  for (const YamlNode::Field& field : node.fields()) {
    TARN_TRY(YamlNode changed, apply(field.value, secrets));
    YamlNode::Field copy = field;
    copy.value = std::move(changed);
    fields.push_back(std::move(copy));
  }
  return node.is_map() ? YamlNode::map(std::move(fields)) : YamlNode();
}

}  // namespace tarn::actions
