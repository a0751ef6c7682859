#pragma once

#include "tables/avro_file.h"

#include <cstdint>
#include <map>
#include <vector>

namespace tarn::tables {

// Arrays in Iceberg's Avro files. Avro's own maps have texts as keys, so those of numbers are
// arrays of records of a key and a value (https://iceberg.apache.org/spec/#avro).

/// The same map, an array of type `list`, with other values for those of its keys that have one in
/// `values`, which are encoded. Its values are numbers, texts or bytes. Errors kBadAvro: for a list
/// that is no such map.
Result<Bytes> replace_in_avro_pairs(const AvroSchema& schema, std::size_t list, ByteView encoded,
                                    const std::map<std::int64_t, Bytes>& values);

/// An array of longs.
Bytes encode_avro_longs(const std::vector<std::int64_t>& numbers);

}  // namespace tarn::tables
