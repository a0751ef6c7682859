#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "tables/descriptor.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tarn::tables {

/// Bytes that are no ORC, or more than is read of it; the message says what is wrong.
inline constexpr ErrorId kBadOrc{ErrorKind::kInvalid, "invalid ORC file"};

/// At most, of the last part of an ORC file (https://orc.apache.org/specification/ORCv1/): the post
/// script and the byte that says how long it is.
inline constexpr std::size_t kOrcTailBytes = 256;
/// Bytes at the end of the file that hold its columns: footer, post script and its length. `tail`
/// is the end of the file, kOrcTailBytes long if the file is. Errors: kBadOrc.
Result<std::size_t> orc_footer_bytes(ByteView tail);

/// Columns of an ORC file in the words of Hive, names in lower case. `end` is the end of the file,
/// at least as long as orc_footer_bytes() says. Errors: kBadOrc, also for files of old versions of
/// Hive, which call columns `_col0` and so on, for LZO and for a footer that becomes more than
/// 16 MiB.
Result<std::vector<TableField>> orc_columns(ByteView end);

}  // namespace tarn::tables
