#include "graveler/entry.h"

#include "sstable/ident.h"

namespace tarn::graveler {

Bytes identity_of(const Entry& entry) {
  sstable::IdentityEncoder encoder;
  encoder.i64(entry.size_bytes).str(entry.etag).map(entry.metadata);
  if (!entry.content_type.empty()) {
    encoder.str(entry.content_type);
  }
  return encoder.digest();
}

}  // namespace tarn::graveler
