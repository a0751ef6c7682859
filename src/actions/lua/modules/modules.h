#pragma once

#include "actions/lua/call.h"

namespace tarn::actions::lua {

// The library modules that need no server. Each function makes the table that `require` of the name
// in its comment answers; what the functions do is in docs/lua.md.

const Module& aes_module();      // crypto/aes
const Module& hmac_module();     // crypto/hmac
const Module& md5_module();      // crypto/md5
const Module& sha256_module();   // crypto/sha256
const Module& base64_module();   // encoding/base64
const Module& hex_module();      // encoding/hex
const Module& json_module();     // encoding/json
const Module& parquet_module();  // encoding/parquet
const Module& yaml_module();     // encoding/yaml
const Module& z85_module();      // encoding/z85enc
const Module& hook_module();     // hook
const Module& url_module();      // net/url
const Module& path_module();     // path
const Module& regexp_module();   // regexp
const Module& strings_module();  // strings
const Module& time_module();     // time
const Module& uuid_module();     // uuid

}  // namespace tarn::actions::lua
