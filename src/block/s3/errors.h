#pragma once

#include "base/error.h"

namespace tarn::block::s3 {

/// The block contract's id for one of aws/errors.h, with the same message; others stay.
Error to_block(Error error);

/// The same for a step that cannot have made an object: its lost answer is a plain failure.
Error to_block_without_effect(Error error);

}  // namespace tarn::block::s3
