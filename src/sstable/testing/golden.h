#pragma once

#include <string_view>

// Tables written by lakeFS v1.84.0, with their ids and the digests of their files; base64 and
// hexadecimal.
namespace tarn::sstable::testing {

/// A metarange without ranges: 887 bytes.
inline constexpr std::string_view kEmptyMetaRangeFile =
    "AAAAAAEAAAAAwPKhsAAIAv8AAAAAAAAAAAgAAAAAAQAAAAAbOiU0AAUBY291bnQwABQBZXN0aW1hdGVkX3NpemVfYnl0ZX"
    "M4"
    "AAcAbWF4X2tleQEGAGluX2tleQAkBHJvY2tzZGIuYmxvY2suYmFzZWQudGFibGUuaW5kZXgudHlwZQAAAAAaEAFwcmVmaX"
    "gu"
    "ZmlsdGVyaW5nMBoTAXdob2xlLmtleS5maWx0ZXJpbmcwCBAFY29sdW1uLmZhbWlseS5pZP////"
    "8HCggabXBhcmF0b3JsZXZl"
    "bGRiLkJ5dGV3aXNlQ29tcGFyYXRvcgwHBnJlc3Npb25TbmFwcHkTCF9fb3B0aW9uc3dpbmRvd19iaXRzPS0xNDsgbGV2ZW"
    "w9"
    "MzI3Njc7IHN0cmF0ZWd5PTA7IG1heF9kaWN0X2J5dGVzPTA7IHpzdGRfbWF4X3RyYWluX2J5dGVzPTA7IGVuYWJsZWQ9MD"
    "sg"
    "CQwBcmVhdGlvbi50aW1lAAgJAWRhdGEuc2l6ZQ0JCwFlbGV0ZWQua2V5cwAIHghleHRlcm5hbF9zc3RfZmlsZS5nbG9iYW"
    "xf"
    "c2Vxbm8AAAAAAAAAABoHBHZlcnNpb24CAAAACAsBZmlsdGVyLnNpemUACg4BeGVkLmtleS5sZW5ndGgACQ0Bb3JtYXQudm"
    "Vy"
    "c2lvbgAIFQFpbmRleC5rZXkuaXMudXNlci5rZXkADgQBc2l6ZRoOFgF2YWx1ZS5pcy5kZWx0YS5lbmNvZGVkAAgOAW1lcm"
    "dl"
    "Lm9wZXJhbmRzABMDEnRvcnBlYmJsZS5jb25jYXRlbmF0ZQgPAW51bS5kYXRhLmJsb2NrcwEMBwFlbnRyaWVzAAwPAXJhbm"
    "dl"
    "LWRlbGV0aW9ucwAIDwFvbGRlc3Qua2V5LnRpbWUACBUHcHJlZml4LmV4dHJhY3Rvci5uYW1lbnVsbHB0cgoRCG9wZXJ0eS"
    "5j"
    "b2xsZWN0b3JzW3N0YXRpY10IDAFyYXcua2V5LnNpemUADAoBdmFsdWUuc2l6ZQAABAp0eXBlbWV0YXJhbmdlcwAAAAABAA"
    "AA"
    "AJnFIx4AEgNyb2Nrc2RiLnByb3BlcnRpZXMn8QUAAAAAAQAAAAD/"
    "4tP3AZ0GIA0VAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAACAAAA98/0hbdB4og=";
inline constexpr std::string_view kEmptyMetaRangeSha256 =
    "83bf413bf2d8acee9b529d255c0b943d91e65a12ddff2e453726a418922ae61c";
inline constexpr std::string_view kEmptyMetaRangeId =
    "00fb7eff1a97c500eb3ca8d2ef5464131d6b6a5f9512e41eba97843522213b66";

/// A range with one entry: 1064 bytes.
inline constexpr std::string_view kOneRecordRangeFile =
    "AA+NAWEvYi50eHQBAAAAAAAAAEAdyUHt6KrzJoV1JwF+"
    "bJGZ5KT8U418vCp559VL418wjtQBCi5kYXRhL2dxbTZoM2MybHFu"
    "MDAwMDAwMDBnL2NtOWZjcGsybHFuMDAwMDAwMDFnEgYIpfrNrAYYBSIgNWQ0MTQwMmFiYzRiMmE3NmI5NzE5ZDkxMTAxN2"
    "M1"
    "OTIwAToKdGV4dC9wbGFpbgAAAAABAAAAAP632VUACQNiEf////////"
    "8AqAEAAAAAAQAAAACCzqGRAAUBY291bnQxABQDZXN0"
    "aW1hdGVkX3NpemVfYnl0ZXMxNzIABwdtYXhfa2V5YS9iLnR4dAEGB2luX2tleWEvYi50eHQAJARyb2Nrc2RiLmJsb2NrLm"
    "Jh"
    "c2VkLnRhYmxlLmluZGV4LnR5cGUAAAAAGhABcHJlZml4LmZpbHRlcmluZzAaEwF3aG9sZS5rZXkuZmlsdGVyaW5nMAgQBW"
    "Nv"
    "bHVtbi5mYW1pbHkuaWT/////"
    "BwoIGm1wYXJhdG9ybGV2ZWxkYi5CeXRld2lzZUNvbXBhcmF0b3IMBwZyZXNzaW9uU25hcHB5"
    "EwhfX29wdGlvbnN3aW5kb3dfYml0cz0tMTQ7IGxldmVsPTMyNzY3OyBzdHJhdGVneT0wOyBtYXhfZGljdF9ieXRlcz0wOy"
    "B6"
    "c3RkX21heF90cmFpbl9ieXRlcz0wOyBlbmFibGVkPTA7IAkMAXJlYXRpb24udGltZQAICQJkYXRhLnNpemWtAQkLAWVsZX"
    "Rl"
    "ZC5rZXlzAAgeCGV4dGVybmFsX3NzdF9maWxlLmdsb2JhbF9zZXFubwAAAAAAAAAAGgcEdmVyc2lvbgIAAAAICwFmaWx0ZX"
    "Iu"
    "c2l6ZQAKDgF4ZWQua2V5Lmxlbmd0aAAJDQFvcm1hdC52ZXJzaW9uAAgVAWluZGV4LmtleS5pcy51c2VyLmtleQAOBAFzaX"
    "pl"
    "HA4WAXZhbHVlLmlzLmRlbHRhLmVuY29kZWQACA4BbWVyZ2Uub3BlcmFuZHMAEwMSdG9ycGViYmxlLmNvbmNhdGVuYXRlCA"
    "8B"
    "bnVtLmRhdGEuYmxvY2tzAQwHAWVudHJpZXMBDA8BcmFuZ2UtZGVsZXRpb25zAAgPAW9sZGVzdC5rZXkudGltZQAIFQdwcm"
    "Vm"
    "aXguZXh0cmFjdG9yLm5hbWVudWxscHRyChEIb3BlcnR5LmNvbGxlY3RvcnNbc3RhdGljXQgMAXJhdy5rZXkuc2l6ZQ8MCg"
    "J2"
    "YWx1ZS5zaXpljQEABAZ0eXBlcmFuZ2VzAAAAAAEAAAAAx5GmmQASBHJvY2tzZGIucHJvcGVydGllc8kB/"
    "wUAAAAAAQAAAABc"
    "VXpnAc0HIa0BFwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACAAAA98/0hbdB4og=";
inline constexpr std::string_view kOneRecordRangeSha256 =
    "613f6b48cc2fbb0e4645c3d05e203c00c6d75730e7f02da88999f2c7f5c0fb5d";
inline constexpr std::string_view kOneRecordRangeId =
    "e1fd32144fc53ad8b33d3a006bfbea3e8122fb528d224c29577cb78d89ed0c0c";

/// The record of that range: its key, the identity of the entry and the serialised entry.
inline constexpr std::string_view kEntryPath = "a/b.txt";
inline constexpr std::string_view kEntryIdentity =
    "1dc941ede8aaf326857527017e6c9199e4a4fc538d7cbc2a79e7d54be35f308e";
inline constexpr std::string_view kEntryData =
    "0a2e646174612f67716d36683363326c716e3030303030303030672f636d396663706b326c716e3030303030303031"
    "67"
    "120608a5facdac0618052220356434313430326162633462326137366239373139643931313031376335393230013a"
    "0a"
    "746578742f706c61696e";

}  // namespace tarn::sstable::testing
