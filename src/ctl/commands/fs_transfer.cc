// `fs upload` and `fs download`.
#include "base/time_text.h"
#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/errors.h"
#include "ctl/format.h"
#include "ctl/transfer/download.h"
#include "ctl/transfer/local_tree.h"
#include "ctl/transfer/progress.h"
#include "ctl/transfer/upload.h"
#include "ctl/transfer/workers.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

namespace tarn::ctl {
namespace {

constexpr std::int64_t kPageMax = 1000;
constexpr std::int64_t kPartBytesMin = 64 * 1024;
/// More threads than this gain nothing and could run out.
constexpr std::int64_t kWorkersMax = 256;

// What both share.

std::vector<FlagSpec> transfer_flags() {
  return {{.name = "recursive", .letter = 'r', .kind = FlagKind::kBool, .text = "A whole folder"},
          {.name = "parallelism",
           .letter = 'p',
           .kind = FlagKind::kInt,
           .fallback = "25",
           .text = "How many files at a time"},
          {.name = "pre-sign",
           .kind = FlagKind::kBool,
           .fallback = "true",
           .text = "Use signed URLs of the object store if the server supports them"},
          {.name = "no-progress", .kind = FlagKind::kBool, .text = "Show no progress"}};
}

Result<std::size_t> parallelism(const Ctl& ctl, const Flags& flags) {
  std::int64_t width = flags.integer("parallelism");
  if (!flags.is_set("parallelism")) {
    width = ctl.config.parallelism.value_or(width);
  }
  if (width < 1) {
    return failure(fmt::format("Invalid value for parallelism ({}), minimum is 1.\n", width));
  }
  return static_cast<std::size_t>(std::min(width, kWorkersMax));
}

bool shows_progress(const Ctl& ctl, const Flags& flags) {
  return !flags.boolean("no-progress") && ctl.console.out_is_terminal();
}

/// `~` and `~/…` are the home folder; relative paths get the current folder before them.
std::string absolute_path(const Ctl& ctl, std::string path) {
  if (path == "~" || path.starts_with("~/")) {
    path = ctl.environment.get_or("HOME", "") + path.substr(1);
  }
  std::error_code failed;
  std::filesystem::path out = std::filesystem::absolute(path, failed).lexically_normal();
  const std::string text = out.string();
  return text.size() > 1 && text.ends_with('/') ? text.substr(0, text.size() - 1) : text;
}

/// One line for each file that is through.
void print_done(Ctl& ctl, std::string_view label, bool done, std::string_view details = "") {
  const std::string state = done ? ctl.console.paint(color::kDarkGreen, "done!")
                                 : ctl.console.paint(color::kDarkRed, "fail!");
  ctl.console.print(fmt::format("{} ... {}{}\n", label, state, details));
}

/// ` [1.0 kB in 12ms]`, where progress is shown.
class Stopwatch {
 public:
  explicit Stopwatch(const Ctl& ctl) : clock_(ctl.clock), begin_(ctl.clock.steady_now()) {}
  std::string details(bool shown, std::uint64_t bytes) const {
    if (!shown) {
      return "";
    }
    const auto spent =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady_now() - begin_);
    return fmt::format(" [{} in {}]", human_size(bytes), format_duration(spent));
  }

 private:
  const Clock& clock_;
  SteadyTime begin_;
};

// Upload.

Result<void> upload_one(Ctl& ctl, const Flags& flags, const LakefsUri& uri, PreSign presign) {
  const std::string path = flags.text("source");
  TARN_TRY(UploadSource source, UploadSource::open(path));
  UploadTarget target;
  target.repository = uri.repository;
  target.branch = *uri.ref;
  target.path = *uri.path;
  target.content_type = flags.text("content-type");
  target.temporary_folder = ctl.environment.get_or("TMPDIR", "/tmp");
  Uploader uploader(ctl.session(), presign);
  Result<api::dto::ObjectStats> stats = Error(kFailed);
  {
    const ByteBar bar(ctl.console, shows_progress(ctl, flags), "Uploading " + path, source.size());
    source.count_in(bar.count());
    stats = uploader.upload(target, source);
  }
  if (!stats) {
    return stats.error();
  }
  ctl.console.print(render_stats(ctl.console, *stats));
  return {};
}

/// What the server knows of an object that may be up to date.
struct Remote {
  std::string name;
  std::uint64_t size_bytes = 0;
  std::int64_t mtime = 0;
  std::string link_target;
};

Remote remote_of(const api::dto::ObjectStats& stats, std::size_t prefix_size) {
  Remote out;
  out.name = stats.path.substr(std::min(prefix_size, stats.path.size()));
  out.size_bytes = static_cast<std::uint64_t>(stats.size_bytes.value_or(0));
  out.mtime = stats.mtime;
  if (stats.metadata) {
    const auto time = stats.metadata->find(std::string(kClientMtimeKey));
    if (time != stats.metadata->end()) {
      std::from_chars(time->second.data(), time->second.data() + time->second.size(), out.mtime);
    }
    const auto target = stats.metadata->find(std::string(kSymlinkTargetKey));
    if (target != stats.metadata->end()) {
      out.link_target = target->second;
    }
  }
  return out;
}

bool is_changed(const LocalFile& local, const Remote& remote) {
  if (local.is_link) {
    return local.link_target != remote.link_target;
  }
  return local.size_bytes != remote.size_bytes || local.mtime != remote.mtime;
}

/// The files of `local` that are missing under the prefix or differ there. Both come in the order
/// of their names.
Result<std::vector<LocalFile>> changed_files(Ctl& ctl, const LakefsUri& uri,
                                             const std::string& prefix,
                                             std::vector<LocalFile> local) {
  std::vector<LocalFile> out;
  api::ListObjectsRequest request;
  request.repository = uri.repository;
  request.ref = *uri.ref;
  request.prefix = prefix;
  request.after = "";
  request.amount = kPageMax;
  auto at = local.begin();
  for (bool more = true; more && at != local.end();) {
    TARN_TRY(const api::dto::ObjectStatsList page,
             ctl.session().call<api::ops::ListObjects>(request));
    for (const api::dto::ObjectStats& stats : page.results) {
      const Remote remote = remote_of(stats, prefix.size());
      for (; at != local.end() && at->name < remote.name; ++at) {
        out.push_back(std::move(*at));
      }
      if (at != local.end() && at->name == remote.name) {
        if (is_changed(*at, remote)) {
          out.push_back(std::move(*at));
        }
        ++at;
      }
    }
    more = page.pagination.has_more;
    request.after = page.pagination.next_offset;
  }
  out.insert(out.end(), std::make_move_iterator(at), std::make_move_iterator(local.end()));
  return out;
}

Result<void> upload_folder(Ctl& ctl, const Flags& flags, const LakefsUri& uri, PreSign presign,
                           std::size_t width) {
  std::string folder = flags.text("source");
  if (!folder.ends_with('/')) {
    folder += '/';
  }
  std::string prefix = *uri.path;
  if (!prefix.empty() && !prefix.ends_with('/')) {
    prefix += '/';
  }
  ctl.console.print(fmt::format("\ndiff 'local://{}' <--> '{}'...\n", folder, uri.str()));
  const NonRegularFiles non_regular{.skip = ctl.config.skip_non_regular_files,
                                    .links = ctl.config.symlink_support};
  TARN_TRY(std::vector<LocalFile> local, list_folder(folder, non_regular));
  TARN_TRY(const std::vector<LocalFile> changed, changed_files(ctl, uri, prefix, std::move(local)));
  Uploader uploader(ctl.session(), presign);
  Summary summary;
  const bool progress = shows_progress(ctl, flags);
  const auto upload = [&](std::size_t index) -> Result<void> {
    const LocalFile& file = changed[index];
    const Stopwatch watch(ctl);
    UploadTarget target;
    target.repository = uri.repository;
    target.branch = *uri.ref;
    target.path = prefix + file.name;
    target.metadata[std::string(kClientMtimeKey)] = fmt::to_string(file.mtime);
    Result<UploadSource> source = UploadSource::empty();
    if (file.is_link) {
      target.metadata[std::string(kSymlinkTargetKey)] = file.link_target;
    } else {
      source = UploadSource::open(folder + file.name);
    }
    const Result<api::dto::ObjectStats> stats =
        source ? uploader.upload(target, *source) : source.error();
    print_done(ctl, progress_label("upload " + file.name), stats.has_value(),
               watch.details(progress && stats, file.size_bytes));
    if (!stats) {
      return with_context(stats.error(), fmt::format("upload {} failed: ", file.name));
    }
    ++summary.uploaded;
    return {};
  };
  TARN_CHECK_OK(run_parallel(changed.size(), width, upload));
  ctl.console.print(summary.render(ctl.console, "Upload"));
  return {};
}

Result<void> upload(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.path_uri(call.arguments[0]));
  TARN_TRY(const std::size_t width, parallelism(ctl, call.flags));
  TARN_TRY(const PreSign presign,
           negotiate_presign(ctl, call.flags.boolean("pre-sign"), uri.repository));
  const std::string source = call.flags.text("source");
  if (call.flags.boolean("recursive") && source != "-") {
    struct stat status{};
    if (::stat(source.c_str(), &status) != 0) {
      return failure(fmt::format("failed to stat source: stat {}: {}", source, system_text(errno)));
    }
    if (S_ISDIR(status.st_mode)) {
      return upload_folder(ctl, call.flags, uri, presign, width);
    }
  }
  return upload_one(ctl, call.flags, uri, presign);
}

// Download.

Result<void> download_one(Ctl& ctl, const LakefsUri& uri, std::string destination,
                          Downloader& downloader) {
  std::error_code failed;
  if (std::filesystem::is_directory(destination, failed)) {
    // The name comes from the object, so it may only name something in that folder.
    const std::string_view name = base_name(*uri.path);
    TARN_TRY(const std::vector<std::string> parts, safe_parts(name));
    destination += (destination.ends_with('/') ? "" : "/") + parts.back();
  }
  const std::filesystem::path place(destination);
  TARN_TRY(const Folder folder, Folder::open(place.parent_path().string()));
  const Result<bool> done =
      downloader.download(uri.repository, *uri.ref, *uri.path, folder, place.filename().string());
  if (!done) {
    const std::string message = done.error().message();
    return failure(downloader.asks_first()
                       ? fmt::format("download failed: {}", message)
                       : fmt::format("download failed: failed to download '{}' object: {}",
                                     destination, message));
  }
  ctl.console.print(fmt::format("download: {} to {}\n", uri.str(), destination));
  return {};
}

Result<void> download_folder(Ctl& ctl, const Flags& flags, LakefsUri uri,
                             const std::string& destination, Downloader& downloader,
                             std::size_t width) {
  if (!uri.path->empty() && !uri.path->ends_with('/')) {
    uri.path->append("/");
  }
  const std::string& prefix = *uri.path;
  api::ListObjectsRequest request;
  request.repository = uri.repository;
  request.ref = *uri.ref;
  request.prefix = prefix;
  request.after = "";
  request.presign = false;
  request.amount = kPageMax;
  std::optional<Folder> folder;
  Summary summary;
  const bool progress = shows_progress(ctl, flags);
  for (bool more = true; more;) {
    TARN_TRY(const api::dto::ObjectStatsList page,
             ctl.session().call<api::ops::ListObjects>(request));
    if (page.results.empty()) {
      return failure(fmt::format("No objects in path: {}", uri.str()));
    }
    if (!folder) {
      TARN_TRY(folder, Folder::open(destination));
    }
    TARN_CHECK_OK(run_parallel(page.results.size(), width, [&](std::size_t index) -> Result<void> {
      const api::dto::ObjectStats& stats = page.results[index];
      if (stats.path.ends_with('/') || stats.path == prefix) {
        return {};
      }
      const Stopwatch watch(ctl);
      const std::string name = stats.path.substr(prefix.size());
      const Result<bool> done =
          downloader.download(uri.repository, *uri.ref, stats.path, *folder, name);
      print_done(ctl, "download " + name, done.has_value(),
                 watch.details(progress && done,
                               static_cast<std::uint64_t>(stats.size_bytes.value_or(0))));
      if (!done) {
        return failure(fmt::format("download failed: failed to download '{}' object: {}", name,
                                   done.error().message()));
      }
      summary.downloaded += *done ? 1 : 0;
      return {};
    }));
    more = page.pagination.has_more;
    request.after = page.pagination.next_offset;
  }
  ctl.console.print(summary.render(ctl.console, "Download"));
  return {};
}

Result<void> download(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.path_uri(call.arguments[0]));
  TARN_TRY(const std::size_t width, parallelism(ctl, call.flags));
  const std::int64_t part_bytes = call.flags.integer("part-size");
  if (part_bytes < kPartBytesMin) {
    return failure(fmt::format("part size must be at least {} bytes", kPartBytesMin));
  }
  const std::string destination =
      absolute_path(ctl, call.arguments.size() > 1 ? call.arguments[1] : ".");
  TARN_TRY(const PreSign presign,
           negotiate_presign(ctl, call.flags.boolean("pre-sign"), uri.repository));
  const DownloadOptions options{.part_bytes = static_cast<std::uint64_t>(part_bytes),
                                .symlink_support = ctl.config.symlink_support,
                                .skip_non_regular_files = ctl.config.skip_non_regular_files};
  Downloader downloader(ctl.session(), presign, options);
  return call.flags.boolean("recursive")
             ? download_folder(ctl, call.flags, uri, destination, downloader, width)
             : download_one(ctl, uri, destination, downloader);
}

}  // namespace

std::vector<Command> fs_transfer_commands() {
  return {
      {.words = "fs upload",
       .usage = "<path URI> -s <file | folder | ->",
       .summary = "Upload a file, stdin, or what changed in a folder",
       .arguments = {1, 1},
       .flags = flags_of(
           transfer_flags(),
           std::vector<FlagSpec>{{.name = "source",
                                  .letter = 's',
                                  .text = "What to upload; - for stdin",
                                  .required = true},
                                 {.name = "content-type", .text = "Media type of the object"}}),
       .run = upload},
      {.words = "fs download",
       .usage = "<path URI> [destination]",
       .summary = "Download an object, or everything below a path",
       .arguments = {1, 2},
       .flags = flags_of(
           transfer_flags(),
           std::vector<FlagSpec>{{.name = "part-size",
                                  .kind = FlagKind::kInt,
                                  .fallback = "8388608",
                                  .text = "Bytes of a request when signed URLs are used"}}),
       .run = download},
  };
}

}  // namespace tarn::ctl
