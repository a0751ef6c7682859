#include "kv/rocksdb/data_folder.h"

#include "kv/open.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <vector>

namespace tarn::kv {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMarker = "TARN_KV";

Error failed(std::string_view what, const fs::path& path, int code) {
  return Error::with_message(
      kUnavailable, fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(code)));
}

Error foreign(const fs::path& path, std::string_view why) {
  return Error::with_message(
      kForeignFolder,
      fmt::format(
          "{} {}; it was not touched. Point database.local.path at an empty or missing folder",
          path.string(), why));
}

Result<void> sync_folder(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return failed("open", path, errno);
  }
  const int code = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  if (code != 0) {
    return failed("sync", path, code);
  }
  return {};
}

/// Creates `path` and its missing parents, each one durable in its parent.
Result<void> create_folders(const fs::path& path) {
  std::vector<fs::path> missing;
  std::error_code code;
  for (fs::path at = path; !at.empty() && !fs::exists(at, code); at = at.parent_path()) {
    missing.push_back(at);
  }
  for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
    if (!fs::create_directory(*at, code) && code) {
      return failed("create", *at, code.value());
    }
    const fs::path parent = at->parent_path();
    TARN_CHECK_OK(sync_folder(parent.empty() ? fs::path(".") : parent));
  }
  return {};
}

Result<void> write_marker(const fs::path& folder) {
  const fs::path draft = folder / (std::string(kMarker) + ".tmp");
  const std::string text = fmt::format("tarn-kv {}\n", kDataFolderVersion);
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) {
    return failed("create", draft, errno);
  }
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  const int code = written ? 0 : errno;
  ::close(fd);
  if (code != 0) {
    return failed("write", draft, code);
  }
  if (::rename(draft.c_str(), (folder / kMarker).c_str()) != 0) {
    return failed("rename", draft, errno);
  }
  return sync_folder(folder);
}

/// Whose folder this seems to be, for the message.
std::string_view guess_owner(const std::vector<std::string>& names) {
  bool manifest = false;
  bool current = false;
  for (const std::string& name : names) {
    if (name == "PG_VERSION") {
      return "holds a PostgreSQL database";
    }
    if (name.ends_with(".vlog") || name == "KEYREGISTRY" || name.ends_with(".mem")) {
      return "holds a Badger database (lakeFS's local store)";
    }
    manifest = manifest || name.starts_with("MANIFEST");
    current = current || name == "CURRENT";
  }
  if (current && manifest) {
    return "holds a RocksDB or LevelDB database without our marker file TARN_KV";
  }
  return "is not empty and has no marker file TARN_KV";
}

/// A fresh file system's own folder, and what a crash in write_marker leaves.
bool counts_as_empty(const std::string& name) {
  return name == "lost+found" || name == "TARN_KV.tmp";
}

Result<void> check_marker(const fs::path& folder) {
  std::ifstream in(folder / kMarker);
  std::string word;
  int version = 0;
  if (!(in >> word >> version) || word != "tarn-kv") {
    return foreign(folder, "has an unreadable marker file TARN_KV");
  }
  if (version != kDataFolderVersion) {
    return foreign(folder, fmt::format("has format version {}, and this server reads version {}",
                                       version, kDataFolderVersion));
  }
  return {};
}

/// RocksDB would start an empty database beside the files of one that lost its CURRENT file.
Result<void> check_database(const fs::path& db) {
  std::error_code code;
  if (!fs::exists(db, code) || fs::exists(db / "CURRENT", code)) {
    return {};
  }
  for (const auto& file : fs::directory_iterator(db, code)) {
    const std::string extension = file.path().extension();
    if (extension == ".sst" || extension == ".log") {
      return Error::with_message(
          kCorruption,
          fmt::format("{} holds data files, but its CURRENT file is missing", db.string()));
    }
  }
  return {};
}

}  // namespace

Result<std::string> claim_data_folder(const std::string& path) {
  const fs::path folder(path);
  std::error_code code;
  const fs::file_status status = fs::status(folder, code);
  if (fs::exists(status) && !fs::is_directory(status)) {
    return foreign(folder, "is not a folder");
  }
  TARN_CHECK_OK(create_folders(folder));
  std::vector<std::string> names;
  for (auto at = fs::directory_iterator(folder, code); !code && at != fs::directory_iterator();
       at.increment(code)) {
    names.push_back(at->path().filename());
  }
  if (code) {
    return failed("read", folder, code.value());
  }
  const bool marked = fs::exists(folder / kMarker, code);
  if (marked) {
    TARN_CHECK_OK(check_marker(folder));
  } else {
    for (const std::string& name : names) {
      if (!counts_as_empty(name)) {
        return foreign(folder, guess_owner(names));
      }
    }
    TARN_CHECK_OK(write_marker(folder));
  }
  const fs::path db = folder / "db";
  TARN_CHECK_OK(check_database(db));
  TARN_CHECK_OK(create_folders(db));
  return db.string();
}

Result<std::string> find_data_folder(const std::string& path) {
  const fs::path folder(path);
  std::error_code code;
  if (!fs::exists(folder / kMarker, code)) {
    if (code) {
      return failed("read", folder / kMarker, code.value());
    }
    return Error::with_message(kNoStore,
                               path + " is not a data folder: it has no " + std::string(kMarker));
  }
  TARN_CHECK_OK(check_marker(folder));
  const fs::path db = folder / "db";
  TARN_CHECK_OK(check_database(db));
  if (!fs::exists(db / "CURRENT", code)) {
    return Error::with_message(kNoStore, db.string() + " holds no database");
  }
  return db.string();
}

}  // namespace tarn::kv
