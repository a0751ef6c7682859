#pragma once

namespace tarn::block {
class Adapter;
struct Location;
struct ObjectInfo;
}  // namespace tarn::block
