#include "ctl/flags.h"

#include "base/assert.h"
#include "base/time_text.h"
#include "ctl/errors.h"

#include <fmt/format.h>

#include <charconv>

namespace tarn::ctl {
namespace {

Error usage(std::string text) { return Error::with_message(kUsage, std::move(text)); }

std::string flag_label(const FlagSpec& spec) {
  return spec.letter != 0 ? fmt::format("-{}, --{}", spec.letter, spec.name)
                          : fmt::format("--{}", spec.name);
}

/// Go's %q of ordinary text.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + '"';
}

/// Why `value` is none of the flag's kind; empty if it is one.
std::string complaint(const FlagSpec& spec, std::string_view value) {
  switch (spec.kind) {
    case FlagKind::kBool:
      return parse_go_bool(value)
                 ? ""
                 : fmt::format("strconv.ParseBool: parsing {}: invalid syntax", quoted(value));
    case FlagKind::kInt: {
      const Result<std::int64_t> number = parse_go_int(value);
      return number ? ""
                    : fmt::format("strconv.ParseInt: parsing {}: {}", quoted(value),
                                  number.error().message());
    }
    case FlagKind::kDuration: {
      if (parse_duration(value)) {
        return "";
      }
      const bool number =
          !value.empty() && value.find_first_not_of("+-.0123456789") == std::string_view::npos;
      return number ? fmt::format("time: missing unit in duration {}", quoted(value))
                    : fmt::format("time: invalid duration {}", quoted(value));
    }
    case FlagKind::kString:
    case FlagKind::kStrings:
      return "";
  }
  return "";
}

}  // namespace

std::optional<bool> parse_go_bool(std::string_view text) {
  for (const std::string_view word : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == word) {
      return true;
    }
  }
  for (const std::string_view word : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == word) {
      return false;
    }
  }
  return std::nullopt;
}

Result<std::int64_t> parse_go_int(std::string_view text) {
  const Error syntax = failure("invalid syntax");
  bool negative = false;
  if (text.starts_with('+') || text.starts_with('-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  int base = 10;
  bool prefixed = false;
  if (text.size() > 1 && text[0] == '0') {
    prefixed = true;
    const char letter = static_cast<char>(text[1] | 0x20);
    base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
    text.remove_prefix(letter == 'x' || letter == 'b' || letter == 'o' ? 2 : 1);
  }
  std::string digits;
  char before = prefixed ? '0' : '_';
  for (const char c : text) {
    if (c == '_' && before == '_') {
      return syntax;
    }
    if (c != '_') {
      digits += c;
    }
    before = c;
  }
  if (digits.empty() || before == '_' || digits[0] == '+' || digits[0] == '-') {
    return syntax;
  }
  std::uint64_t magnitude = 0;
  const auto [at, wrong] =
      std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, base);
  if (wrong == std::errc::invalid_argument || at != digits.data() + digits.size()) {
    return syntax;
  }
  constexpr std::uint64_t limit = std::uint64_t{1} << 63;
  if (wrong != std::errc() || magnitude > limit || (magnitude == limit && !negative)) {
    return failure("value out of range");
  }
  return negative ? static_cast<std::int64_t>(0 - magnitude) : static_cast<std::int64_t>(magnitude);
}

Result<std::vector<std::string>> split_csv(std::string_view text) {
  std::vector<std::string> out;
  if (text.empty()) {
    return out;
  }
  for (;;) {
    std::string field;
    if (text.starts_with('"')) {
      text.remove_prefix(1);
      for (;;) {
        const std::size_t quote = text.find('"');
        if (quote == std::string_view::npos) {
          return usage("parse error on line 1: extraneous or missing \" in quoted-field");
        }
        field.append(text.substr(0, quote));
        text.remove_prefix(quote + 1);
        if (!text.starts_with('"')) {
          break;
        }
        field += '"';
        text.remove_prefix(1);
      }
      if (!text.empty() && text[0] != ',') {
        return usage("parse error on line 1: extraneous or missing \" in quoted-field");
      }
    } else {
      field = text.substr(0, text.find(','));
      if (field.find('"') != std::string::npos) {
        return usage("parse error on line 1: bare \" in non-quoted-field");
      }
      text.remove_prefix(field.size());
    }
    out.push_back(std::move(field));
    if (text.empty()) {
      return out;
    }
    text.remove_prefix(1);
  }
}

Result<void> Flags::set(const FlagSpec& spec, std::string_view value) {
  const auto invalid = [&](std::string_view why) {
    return usage(fmt::format("invalid argument {} for \"{}\" flag: {}", quoted(value),
                             flag_label(spec), why));
  };
  if (const std::string why = complaint(spec, value); !why.empty()) {
    return invalid(why);
  }
  std::vector<std::string>& values = given_[spec.name];
  if (spec.kind == FlagKind::kStrings) {
    Result<std::vector<std::string>> more = split_csv(value);
    if (!more) {
      return invalid(more.error().message());
    }
    values.insert(values.end(), more->begin(), more->end());
  } else {
    values.assign(1, std::string(value));
  }
  return {};
}

const FlagSpec* Flags::find(std::string_view name) const {
  for (const FlagSpec* spec : specs_) {
    if (spec->name == name) {
      return spec;
    }
  }
  return nullptr;
}

const FlagSpec* Flags::find(char letter) const {
  for (const FlagSpec* spec : specs_) {
    if (spec->letter == letter) {
      return spec;
    }
  }
  return nullptr;
}

const FlagSpec& Flags::known(std::string_view name, FlagKind kind) const {
  const FlagSpec* spec = find(name);
  TARN_ASSERT(spec != nullptr && spec->kind == kind, "the command declares the flag it reads");
  return *spec;
}

std::string Flags::text(std::string_view name) const {
  const FlagSpec& spec = known(name, FlagKind::kString);
  const auto found = given_.find(name);
  return found == given_.end() ? std::string(spec.fallback) : found->second.front();
}

bool Flags::boolean(std::string_view name) const {
  const FlagSpec& spec = known(name, FlagKind::kBool);
  const auto found = given_.find(name);
  const std::string_view value =
      found == given_.end() ? spec.fallback : std::string_view(found->second.front());
  return parse_go_bool(value).value_or(false);
}

std::int64_t Flags::integer(std::string_view name) const {
  const FlagSpec& spec = known(name, FlagKind::kInt);
  const auto found = given_.find(name);
  const std::string_view value =
      found == given_.end() ? spec.fallback : std::string_view(found->second.front());
  const Result<std::int64_t> number = parse_go_int(value);
  return number ? *number : 0;
}

std::chrono::nanoseconds Flags::duration(std::string_view name) const {
  const FlagSpec& spec = known(name, FlagKind::kDuration);
  const auto found = given_.find(name);
  const std::string_view value =
      found == given_.end() ? spec.fallback : std::string_view(found->second.front());
  const Result<std::chrono::nanoseconds> length = parse_duration(value);
  return length ? *length : std::chrono::nanoseconds{};
}

std::vector<std::string> Flags::list(std::string_view name) const {
  known(name, FlagKind::kStrings);
  const auto found = given_.find(name);
  return found == given_.end() ? std::vector<std::string>() : found->second;
}

Result<std::vector<std::string>> parse_flags(std::span<const std::string> words, Flags& flags) {
  std::vector<std::string> arguments;
  std::size_t at = 0;
  const auto long_flag = [&](std::string_view word) -> Result<void> {
    const std::string_view body = word.substr(2);
    const std::size_t equals = body.find('=');
    const std::string_view name = body.substr(0, equals);
    if (name.empty() || name[0] == '-') {
      return usage(fmt::format("bad flag syntax: {}", word));
    }
    const FlagSpec* spec = flags.find(name);
    if (spec == nullptr) {
      return usage(fmt::format("unknown flag: --{}", name));
    }
    if (equals != std::string_view::npos) {
      return flags.set(*spec, body.substr(equals + 1));
    }
    if (spec->kind == FlagKind::kBool) {
      return flags.set(*spec, "true");
    }
    if (at >= words.size()) {
      return usage(fmt::format("flag needs an argument: --{}", name));
    }
    return flags.set(*spec, words[at++]);
  };
  const auto short_flags = [&](std::string_view word) -> Result<void> {
    std::string_view letters = word.substr(1);
    while (!letters.empty()) {
      const FlagSpec* spec = flags.find(letters[0]);
      if (spec == nullptr) {
        return usage(fmt::format("unknown shorthand flag: '{}' in -{}", letters[0], letters));
      }
      if (letters.size() > 2 && letters[1] == '=') {
        return flags.set(*spec, letters.substr(2));
      }
      if (spec->kind == FlagKind::kBool) {
        TARN_CHECK_OK(flags.set(*spec, "true"));
        letters.remove_prefix(1);
        continue;
      }
      if (letters.size() > 1) {
        return flags.set(*spec, letters.substr(1));
      }
      if (at >= words.size()) {
        return usage(fmt::format("flag needs an argument: '{}' in -{}", letters[0], letters));
      }
      return flags.set(*spec, words[at++]);
    }
    return {};
  };
  while (at < words.size()) {
    const std::string& word = words[at++];
    if (word == "--") {
      arguments.insert(arguments.end(), words.begin() + static_cast<std::ptrdiff_t>(at),
                       words.end());
      break;
    }
    if (word.starts_with("--")) {
      TARN_CHECK_OK(long_flag(word));
    } else if (word.size() > 1 && word[0] == '-') {
      TARN_CHECK_OK(short_flags(word));
    } else {
      arguments.push_back(word);
    }
  }
  return arguments;
}

std::vector<std::size_t> plain_words(std::span<const std::string> words, const Flags& flags) {
  std::vector<std::size_t> out;
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::string_view word = words[at];
    if (word == "--") {
      break;
    }
    if (!word.starts_with('-') || word == "-") {
      out.push_back(at);
      continue;
    }
    const bool is_long = word.starts_with("--");
    if (word.find('=') != std::string_view::npos || (!is_long && word.size() > 2)) {
      continue;
    }
    const FlagSpec* spec = is_long ? flags.find(word.substr(2)) : flags.find(word[1]);
    if (spec == nullptr || spec->kind != FlagKind::kBool) {
      ++at;
    }
  }
  return out;
}

}  // namespace tarn::ctl
