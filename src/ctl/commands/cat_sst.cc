#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/errors.h"
#include "ctl/sst_table.h"
#include "ctl/transfer/source.h"
#include "sstable/random_access.h"
#include "sstable/reader.h"

namespace tarn::ctl {
namespace {

/// What a pipe may hold: ranges are some 20 MiB, and a file of any size is read in place.
constexpr std::size_t kPipeBytesMax = std::size_t{1} << 30;

Result<std::shared_ptr<const sstable::RandomAccess>> open_source(const std::string& path) {
  TARN_TRY(const UploadSource source, UploadSource::open(path));
  if (path != "-" && source.size()) {
    return sstable::open_file_source(path);
  }
  TARN_TRY(std::string bytes, source.read_all(kPipeBytesMax));
  return sstable::memory_source(std::move(bytes));
}

Result<void> cat_sst(Ctl& ctl, const Invocation& call) {
  const std::string path = call.flags.text("file");
  TARN_TRY(std::shared_ptr<const sstable::RandomAccess> source, open_source(path));
  TARN_TRY(const std::shared_ptr<const sstable::Reader> reader,
           sstable::Reader::open(std::move(source), {.name = path, .cache = nullptr}));
  TARN_TRY(const Table table, read_sst(*reader, call.flags.integer("amount")));
  ctl.console.print(table.render(ctl.console.interactive()));
  return {};
}

}  // namespace

std::vector<Command> cat_sst_commands() {
  return {
      {.words = "cat-sst",
       .usage = "-f <file | ->",
       .summary = "Print the records of a range or metarange file",
       .flags = {{.name = "file", .letter = 'f', .text = "The file; - for stdin", .required = true},
                 {.name = "amount",
                  .kind = FlagKind::kInt,
                  .fallback = "-1",
                  .text = "How many records to print; all if negative"}},
       .run = cat_sst,
       .hidden = true,
       .prelude = Prelude::kNothing}};
}

}  // namespace tarn::ctl
