#pragma once

#include "aws/s3_client.h"
#include "aws/xml.h"

#include <string>
#include <string_view>
#include <vector>

/// S3's XML (https://docs.aws.amazon.com/AmazonS3/latest/API/), as a client reads and writes it.
namespace tarn::aws {

/// Without the quotes around it.
std::string plain_etag(std::string_view etag);

/// Errors kServiceFailed: the document is not what S3 sends.
Result<S3ListPage> read_list_page(const XmlDocument& document);
/// Of CopyObjectResult, CopyPartResult, CompleteMultipartUploadResult.
S3Object read_written(const XmlDocument& document, std::string key);
std::vector<S3DeleteFailure> read_delete_failures(const XmlDocument& document);

std::string write_delete(const std::vector<std::string>& keys);
std::string write_complete(const std::vector<S3Part>& parts);

/// The ETag that S3 gives to an upload of these parts, unless they are encrypted with a key of
/// their own: hex MD5 over their MD5s, a dash, their number. Empty where the parts' are no MD5s.
std::string expected_etag(const std::vector<S3Part>& parts);

}  // namespace tarn::aws
