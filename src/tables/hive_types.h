#pragma once

#include "base/error.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace tarn::tables {

/// Of Glue, for the text of one type.
inline constexpr std::size_t kHiveTypeBytesMax = 131072;

/// The Hive type that `type` names, in the spelling of Glue: `integer` → `int`, `long` → `bigint`,
/// `short` → `smallint`, `byte` → `tinyint`, the others as they are but in lower case and without
/// blanks, in every part of array<…>, map<…,…>, struct<name:…>, uniontype<…>, decimal(p,s),
/// varchar(n) and char(n). Errors kInvalid, saying what is wrong, for what is no type of Hive.
Result<std::string> map_hive_type(std::string_view type);

}  // namespace tarn::tables
