#pragma once

#include "base/error.h"
#include "ctl/table.h"
#include "sstable/reader.h"

#include <cstdint>

namespace tarn::ctl {

/// The first `amount` records (all of them if negative) of a range, a metarange or a dump of
/// references, as lakectl's cat-sst lists them. Holds them in memory. Errors kFailed: a table of
/// another kind or a damaged one.
Result<Table> read_sst(const sstable::Reader& reader, std::int64_t amount);

}  // namespace tarn::ctl
