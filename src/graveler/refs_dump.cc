#include "graveler/refs_dump.h"

#include "graveler/commit_set.h"
#include "graveler/store.h"
#include "graveler/tree_writer.h"

#include <utility>

namespace tarn::graveler {

// The definitions are the messages' descriptors in JSON, as the lakeFS that wrote the fixture of
// the tests spells them; readers only look whether there is an entity.
const DumpTable kCommitsTable{
    "commits_meta_range_id", "commit", "io.treeverse.lakefs.graveler.CommitData",
    R"({"name":"CommitData", "field":[{"name":"id", "number":1, "label":"LABEL_OPTIONAL", "type":"TYPE_STRING", "jsonName":"id"}, )"
    R"({"name":"committer", "number":2, "label":"LABEL_OPTIONAL", "type":"TYPE_STRING", "jsonName":"committer"}, )"
    R"({"name":"message", "number":3, "label":"LABEL_OPTIONAL", "type":"TYPE_STRING", "jsonName":"message"}, )"
    R"({"name":"creation_date", "number":4, "label":"LABEL_OPTIONAL", "type":"TYPE_MESSAGE", "typeName":".google.protobuf.Timestamp", "jsonName":"creationDate"}, )"
    R"({"name":"meta_range_id", "number":5, "label":"LABEL_OPTIONAL", "type":"TYPE_STRING", "jsonName":"metaRangeId"}, )"
    R"({"name":"metadata", "number":6, "label":"LABEL_REPEATED", "type":"TYPE_MESSAGE", "typeName":".io.treeverse.lakefs.graveler.CommitData.MetadataEntry", "jsonName":"metadata"}, )"
    R"({"name":"parents", "number":7, "label":"LABEL_REPEATED", "type":"TYPE_STRING", "jsonName":"parents"}, )"
    R"({"name":"version", "number":8, "label":"LABEL_OPTIONAL", "type":"TYPE_INT32", "jsonName":"version"}, )"
    R"({"name":"generation", "number":9, "label":"LABEL_OPTIONAL", "type":"TYPE_INT32", "jsonName":"generation"}], )"
    R"("nestedType":[{"name":"MetadataEntry", "field":[{"name":"key", "number":1, "label":"LABEL_OPTIONAL", "type":"TYPE_STRING", "jsonName":"key"}, )"
    R"({"name":"value", "number":2, "label":"LABEL_OPTIONAL", "type":"TYPE_STRING", "jsonName":"value"}], "options":{"mapEntry":true}}]})",
    &RefsDump::commits};
const DumpTable kBranchesTable{
    "branches_meta_range_id", "branch", "io.treeverse.lakefs.graveler.BranchData",
    R"({"name":"BranchData", "field":[{"name":"id", "number":1, "label":"LABEL_OPTIONAL", "type":"TYPE_STRING", "jsonName":"id"}, )"
    R"({"name":"commit_id", "number":2, "label":"LABEL_OPTIONAL", "type":"TYPE_STRING", "jsonName":"commitId"}, )"
    R"({"name":"staging_token", "number":3, "label":"LABEL_OPTIONAL", "type":"TYPE_STRING", "jsonName":"stagingToken"}, )"
    R"({"name":"sealed_tokens", "number":4, "label":"LABEL_REPEATED", "type":"TYPE_STRING", "jsonName":"sealedTokens"}, )"
    R"({"name":"hidden", "number":5, "label":"LABEL_OPTIONAL", "type":"TYPE_BOOL", "jsonName":"hidden"}]})",
    &RefsDump::branches};
const DumpTable kTagsTable{
    "tags_meta_range_id", "tag", "io.treeverse.lakefs.graveler.TagData",
    R"({"name":"TagData", "field":[{"name":"id", "number":1, "label":"LABEL_OPTIONAL", "type":"TYPE_STRING", "jsonName":"id"}, )"
    R"({"name":"commit_id", "number":2, "label":"LABEL_OPTIONAL", "type":"TYPE_STRING", "jsonName":"commitId"}]})",
    &RefsDump::tags};

namespace {

constexpr std::size_t kRowsPerPage = 1000;

sstable::Metadata metadata_of(const DumpTable& table) {
  return {{std::string(kEntityProperty), std::string(table.entity)},
          {"schema_name", std::string(table.schema_name)},
          {"schema_definition", std::string(table.schema_definition)}};
}

class Dumper {
 public:
  Dumper(Context ctx, Refs& refs, Tables& tables, sstable::SplitOptions split,
         RepositoryPtr repository, DumpProgress progress)
      : ctx_(std::move(ctx)),
        refs_(refs),
        tables_(tables),
        split_(split),
        repository_(std::move(repository)),
        progress_(std::move(progress)) {}

  Task<Result<RefsDump>> run() {
    RefsDump out;
    // A commit is written before what names it, and never removed: commits that are read after
    // branches and tags contain theirs.
    TARN_CO_TRY(out.branches, co_await dump_branches());
    TARN_CO_TRY(out.tags, co_await dump_tags());
    TARN_CO_TRY(out.commits, co_await dump_commits());
    co_return out;
  }

 private:
  TreeWriter writer(const DumpTable& table) {
    return {tables_, repository_->storage_namespace, split_, metadata_of(table)};
  }

  Task<Result<void>> add(TreeWriter& to, std::string key, std::string identity, Bytes data) {
    const sstable::Value value{identity, data};
    TARN_CO_CHECK_OK(co_await to.add(ctx_, key, value));
    progress_(++records_);
    co_return Result<void>();
  }

  Task<Result<MetaRangeId>> dump_branches() {
    TreeWriter to = writer(kBranchesTable);
    PageRequest page;
    page.amount = kRowsPerPage;
    for (bool more = true; more;) {
      TARN_CO_TRY(const Paged<Branch> found,
                  co_await refs_.list_branches(ctx_, repository_, page, true));
      for (const Branch& branch : found.items) {
        // What is staged does not travel, nor does hiding.
        Branch bare;
        bare.id = branch.id;
        bare.commit_id = branch.commit_id;
        TARN_CO_CHECK_OK(co_await add(to, branch.id.str(), branch.commit_id.str(), encode(bare)));
        page.after = branch.id.str();
      }
      more = found.more;
    }
    co_return co_await to.finish(ctx_);
  }

  Task<Result<MetaRangeId>> dump_tags() {
    TreeWriter to = writer(kTagsTable);
    PageRequest page;
    page.amount = kRowsPerPage;
    for (bool more = true; more;) {
      TARN_CO_TRY(const Paged<Tag> found, co_await refs_.list_tags(ctx_, repository_, page));
      for (const Tag& tag : found.items) {
        TARN_CO_CHECK_OK(co_await add(to, tag.id.str(), tag.commit_id.str(), encode(tag)));
        page.after = tag.id.str();
      }
      more = found.more;
    }
    co_return co_await to.finish(ctx_);
  }

  /// A listing is no snapshot: of two commits that come into being meanwhile it may show the child
  /// alone. So the ids are read first, and then only what was complete by then is written.
  Task<Result<MetaRangeId>> dump_commits() {
    CommitSet known;
    PageRequest page;
    page.amount = kRowsPerPage;
    for (bool more = true; more;) {
      TARN_CO_TRY(const Paged<CommitRecord> found,
                  co_await refs_.list_commits(ctx_, repository_, page));
      for (const CommitRecord& record : found.items) {
        TARN_CO_CHECK_OK(known.add(record.id, record.commit.parents));
        page.after = record.id.str();
      }
      more = found.more;
    }
    known.drop_incomplete();
    TreeWriter to = writer(kCommitsTable);
    page.after.clear();
    for (bool more = true; more;) {
      TARN_CO_TRY(const Paged<CommitRecord> found,
                  co_await refs_.list_commits(ctx_, repository_, page));
      for (const CommitRecord& record : found.items) {
        if (known.contains(record.id)) {
          TARN_CO_CHECK_OK(co_await add(to, record.id.str(), record.id.str(), encode(record)));
        }
        page.after = record.id.str();
      }
      more = found.more;
    }
    co_return co_await to.finish(ctx_);
  }

  const Context ctx_;
  Refs& refs_;
  Tables& tables_;
  const sstable::SplitOptions split_;
  const RepositoryPtr repository_;
  const DumpProgress progress_;
  std::int64_t records_ = 0;
};

}  // namespace

std::string manifest_of(const RefsDump& dump) {
  std::string out = "{";
  const char* separator = "\n";
  for (const DumpTable* table : {&kBranchesTable, &kCommitsTable, &kTagsTable}) {
    out.append(separator)
        .append("  \"")
        .append(table->argument)
        .append("\": \"")
        .append((dump.*table->id).str())
        .append("\"");
    separator = ",\n";
  }
  return out.append("\n}");
}

Task<Result<RefsDump>> dump_refs(Context ctx, Refs& refs, Tables& tables,
                                 sstable::SplitOptions split, RepositoryPtr repository,
                                 DumpProgress progress) {
  Dumper dumper(std::move(ctx), refs, tables, split, std::move(repository), std::move(progress));
  co_return co_await dumper.run();
}

Task<Result<RefsDump>> VersionStore::dump_refs(Context ctx, RepositoryPtr repository,
                                               DumpProgress progress) {
  co_return co_await graveler::dump_refs(std::move(ctx), refs_, tables_, config_.split,
                                         std::move(repository), std::move(progress));
}

Task<Result<void>> VersionStore::write_refs_manifest(Context ctx, RepositoryPtr repository,
                                                     RefsDump dump) {
  const std::string address = tables_.address(std::string(kRefsManifestName));
  TARN_CO_TRY(block::Location where, block::resolve(repository->storage_namespace, address,
                                                    block::AddressType::kRelative));
  std::string text = manifest_of(dump);
  const std::optional<std::uint64_t> size = text.size();
  std::unique_ptr<ByteSource> body = memory_source(std::move(text));
  block::PutOptions options;
  options.content_type = "application/json";
  TARN_CO_CHECK_OK(co_await services_.blocks.put(std::move(ctx), std::move(where), std::move(body),
                                                 size, std::move(options)));
  co_return Result<void>();
}

}  // namespace tarn::graveler
