#pragma once

#include "base/error.h"
#include "base/settings.h"
#include "base/yaml.h"

#include <string>
#include <string_view>

namespace tarn {

// Reading and showing single values; the private part of settings.

/// The value of a text as it comes from the environment, a flag or the table. Empty = the type's
/// zero.
Result<Settings::Value> parse_setting(const SettingSpec& spec, std::string_view text);
/// The value of a node of the file.
Result<Settings::Value> parse_setting(const SettingSpec& spec, const YamlNode& node);
/// The value as text, for the start-up listing.
std::string show_setting(const SettingSpec& spec, const Settings::Value& value);

std::string_view to_string(SettingType type);

}  // namespace tarn
