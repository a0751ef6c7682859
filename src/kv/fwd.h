#pragma once

namespace tarn::kv {
class Store;
struct Key;
struct Entry;
struct Page;
struct ScanOptions;
class Predicate;
}  // namespace tarn::kv
