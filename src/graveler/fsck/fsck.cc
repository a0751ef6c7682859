#include "graveler/fsck.h"

#include "graveler/errors.h"
#include "graveler/fsck/objects.h"
#include "graveler/fsck/refs.h"
#include "graveler/fsck/scan.h"
#include "graveler/fsck/staging.h"
#include "graveler/fsck/suspects.h"
#include "graveler/fsck/trees.h"
#include "kv/errors.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

namespace tarn::graveler::fsck {
namespace {

constexpr std::string_view kRepositoriesPartition = "graveler";
constexpr std::string_view kRepositories = "repos/";

constexpr std::array<std::string_view, 9> kKindNames{
    "bad_row",     "missing_commit", "bad_commit", "missing_table", "bad_table",
    "bad_staging", "missing_object", "bad_object", "unreadable"};

/// Decodes the rows of other modules: all of a repository, or those of no repository.
Task<Result<void>> check_other_rows(Context ctx, kv::Store& rows, const Services& services,
                                    const Repository* repository, Summary& summary,
                                    Suspects& suspects) {
  for (const RowKind& kind : services.row_kinds) {
    if (kind.of_repository != (repository != nullptr)) {
      continue;
    }
    std::string prefix = kind.prefix;
    if (repository != nullptr) {
      prefix = std::string(kRepositories) + repository->id.str() + "/" + prefix;
    }
    const std::function<void(const kv::Entry&)> visit = [&](const kv::Entry& row) {
      ++summary.other_rows;
      Result<void> decoded = kind.decode(row.value);
      if (!decoded) {
        Damage damage;
        damage.kind = DamageKind::kBadRow;
        damage.subject = fmt::format("{} {}", kind.name, row.key.substr(prefix.size()));
        damage.message = decoded.error().message();
        kv::Key key{kind.partition, row.key};
        suspects.note(std::move(damage), same_row(std::move(key), row.value));
      }
    };
    TARN_CO_CHECK_OK(co_await scan_rows(ctx, rows, kind.partition, prefix, suspects, visit));
  }
  co_return Result<void>();
}

Task<Result<void>> check_repository(Context ctx, kv::Store& rows, const Services& services,
                                    const Options& options, Repository repository, Sink& sink) {
  Summary summary;
  summary.repository = repository.id.str();
  summary.storage_namespace = repository.storage_namespace.str();
  summary.in_deletion = repository.state == RepositoryState::kInDeletion;
  Suspects suspects(services, sink, summary, &repository);
  RefCheck refs(repository, summary, suspects);
  TARN_CO_CHECK_OK(co_await refs.read(ctx, rows));
  TARN_CO_CHECK_OK(co_await check_other_rows(ctx, rows, services, &repository, summary, suspects));
  if (!summary.in_deletion) {
    TARN_CO_CHECK_OK(co_await refs.check(ctx));
    std::optional<ObjectCheck> objects;
    if (options.objects) {
      objects.emplace(services, options, repository.storage_namespace, summary, suspects);
    }
    ObjectCheck* asked = objects ? &*objects : nullptr;
    TreeCheck trees(services, options, repository, summary, suspects, asked);
    TARN_CO_CHECK_OK(co_await trees.check(ctx, refs.history().trees()));
    StagingCheck staging(repository, summary, suspects, asked);
    TARN_CO_CHECK_OK(co_await staging.check(ctx, rows, refs.tokens()));
    TARN_CO_CHECK_OK(co_await trees.count_unreferenced(ctx));
  }
  TARN_CO_CHECK_OK(co_await suspects.settle(ctx));
  sink.summary(summary);
  co_return Result<void>();
}

/// The repositories that were asked for, or all that can be decoded.
Task<Result<std::vector<Repository>>> find_repositories(Context ctx, kv::Store& rows,
                                                        std::vector<RepositoryId> wanted,
                                                        Suspects& suspects) {
  std::vector<Repository> found;
  const std::string partition(kRepositoriesPartition);
  const auto read = [&](const std::string& key, const Bytes& value) {
    const std::string name = key.substr(kRepositories.size());
    Damage damage;
    damage.kind = DamageKind::kBadRow;
    damage.subject = "repository " + name;
    Result<Repository> repository = decode_repository(value);
    if (!repository) {
      damage.message = repository.error().message();
    } else if (repository->id.str() != name) {
      damage.message = fmt::format("its row is of the repository {}", repository->id);
    } else if (!StorageNamespace::parse(repository->storage_namespace.str())) {
      damage.message =
          fmt::format("its storage namespace \"{}\" is none", repository->storage_namespace);
    } else {
      found.push_back(*std::move(repository));
      return;
    }
    kv::Key row{partition, key};
    suspects.note(std::move(damage), same_row(std::move(row), value));
  };
  for (const RepositoryId& id : wanted) {
    const kv::Key key{partition, std::string(kRepositories) + id.str()};
    Result<Bytes> row = co_await rows.get(ctx, key);
    if (!row && row.error().is(kv::kKeyNotFound)) {
      co_return Error(kRepositoryNotFound, id.str());
    }
    TARN_CO_TRY(const Bytes bytes, std::move(row));
    read(key.key, bytes);
  }
  if (wanted.empty()) {
    const std::function<void(const kv::Entry&)> visit = [&](const kv::Entry& row) {
      read(row.key, row.value);
    };
    TARN_CO_CHECK_OK(co_await scan_rows(std::move(ctx), rows, partition, std::string(kRepositories),
                                        suspects, visit));
  }
  co_return found;
}

}  // namespace

std::string_view to_string(DamageKind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

Task<Result<void>> check(Context ctx, Services services, Options options, Sink& sink) {
  auto open = [&services] { return services.view(); };
  TARN_CO_TRY(const std::shared_ptr<kv::Store> rows, co_await run_blocking(services.pool, open));
  Summary server;
  Suspects suspects(services, sink, server, nullptr);
  TARN_CO_TRY(const std::vector<Repository> repositories,
              co_await find_repositories(ctx, *rows, options.repositories, suspects));
  for (const Repository& repository : repositories) {
    TARN_CO_CHECK_OK(co_await check_repository(ctx, *rows, services, options, repository, sink));
  }
  if (options.repositories.empty()) {
    TARN_CO_CHECK_OK(co_await check_other_rows(ctx, *rows, services, nullptr, server, suspects));
  }
  TARN_CO_CHECK_OK(co_await suspects.settle(ctx));
  if (options.repositories.empty() || server.damages > 0) {
    sink.summary(server);
  }
  co_return Result<void>();
}

}  // namespace tarn::graveler::fsck
