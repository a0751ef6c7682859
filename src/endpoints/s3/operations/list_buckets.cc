#include "auth/errors.h"
#include "base/time_text.h"
#include "endpoints/s3/errors.h"
#include "endpoints/s3/operations.h"
#include "endpoints/s3/response.h"

namespace tarn::endpoints::s3::operations {
namespace {

constexpr std::size_t kPageSize = 1000;

}  // namespace

Outcome list_buckets(Context ctx, Call call) {
  TARN_CO_TRY(const auth::Service::PoliciesPtr policies,
              co_await call.auth().effective_policies(ctx, call.state().user));
  if (!auth::allows_action_somewhere(*policies, auth::action::kListRepositories)) {
    co_return Error(auth::kInsufficientPermissions);
  }
  const auth::RequestFacts facts{call.state().user, call.state().source_ip};
  XmlBody body;
  aws::XmlWriter& xml = body.xml();
  xml.open("ListAllMyBucketsResult").open("Buckets");
  graveler::PageRequest request;
  request.prefix = call.parameter("prefix");
  request.amount = kPageSize;
  for (bool more = true; more;) {
    TARN_CO_TRY(const graveler::Paged<graveler::Repository> page,
                co_await call.versions().list_repositories(ctx, request, std::string()));
    for (const graveler::Repository& repository : page.items) {
      std::vector<auth::Permission> needed;
      needed.push_back(
          {auth::action::kListRepositories, auth::arn::repository(repository.id.str())});
      if (!auth::evaluate(*policies, needed, facts)) {
        continue;
      }
      xml.open("Bucket")
          .element("CreationDate", format_iso8601_millis(repository.creation_date))
          .element("Name", repository.id.str())
          .close("Bucket");
    }
    more = page.more && !page.items.empty();
    if (more) {
      request.after = page.items.back().id.str();
    }
  }
  xml.close("Buckets");
  xml.open("Owner").element("DisplayName", "").element("ID", "").close("Owner");
  xml.close("ListAllMyBucketsResult");
  co_return body.response();
}

}  // namespace tarn::endpoints::s3::operations
