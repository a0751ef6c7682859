#pragma once

#include "http/client.h"

#include <functional>
#include <memory>
#include <string_view>

namespace tarn::http {

/// Asked for each address that the name in a URL turned out to have (for an address in a URL: for
/// that), before a connection to it; the error is what the caller of send() gets when no address is
/// left. `address` is an IPv4 or IPv6 one as text. Called from loops, thread-safe, quick.
using ConnectGuard = std::function<Result<void>(std::string_view host, std::string_view address)>;

/// A client that connects where `guard` lets it, and nowhere else: the check comes after names are
/// resolved and for the very addresses that are used.
std::unique_ptr<Client> make_guarded_client(ClientConfig config, ConnectGuard guard,
                                            const Clock& clock);

}  // namespace tarn::http
