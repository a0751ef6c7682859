#pragma once

#include "base/settings.h"
#include "block/open.h"
#include "http/client.h"
#include "kv/open.h"

namespace tarn::server {

// What the settings say of the stores below: for the server, and for who reads beside it.

kv::Config kv_config(const Settings& settings);
block::Config block_config(const Settings& settings);
/// Of the client that talks to the block store alone.
http::ClientConfig block_client_config(const Settings& settings);

}  // namespace tarn::server
