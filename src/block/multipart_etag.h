#pragma once

#include "base/encoding.h"
#include "base/hash.h"

#include <string>
#include <vector>

namespace tarn::block {

/// S3's ETag of a multipart object: hex MD5 over the raw MD5s of its parts, a dash, the number of
/// parts. `etags` are 32 hexadecimal digits each.
inline std::string multipart_etag(const std::vector<std::string>& etags) {
  std::string digests;
  for (const std::string& etag : etags) {
    digests.append(hex_decode(etag).value_or(std::string()));
  }
  return hex_encode(md5(digests)) + "-" + std::to_string(etags.size());
}

}  // namespace tarn::block
