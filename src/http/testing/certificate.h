#pragma once

#include <filesystem>
#include <string>

namespace tarn::http::testing {

/// A fresh self-signed certificate for `localhost` and 127.0.0.1, and its key, as PEM files.
struct TestCertificate {
  std::string certificate_file;
  std::string key_file;
};
TestCertificate make_certificate(const std::filesystem::path& folder);

}  // namespace tarn::http::testing
