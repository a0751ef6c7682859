#pragma once

#include <string>

namespace tarn {

/// The shortest digits that read back as `value`, which is finite, the way Go's JSON encoder writes
/// them: as an integer or with a decimal point, or with an exponent of at least two digits if
/// positive and without a leading zero if negative (`1e+21`, `1e-7`). An exponent is for sizes
/// below 1e-6 and from `exponent_from` on; Go's encoder begins at 1e21.
void append_number(std::string& out, double value, double exponent_from = 1e21);

}  // namespace tarn
