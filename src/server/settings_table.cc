#include "server/settings_table.h"

namespace tarn::server {
namespace {

using enum SettingType;
using enum SettingSupport;

// clang-format off
constexpr SettingSpec kTable[] = {
    // General
    {.key = "listen_address", .fallback = "127.0.0.1:8000", .text = "Where to listen, `host:port`. lakeFS listens on all addresses by default; here that has to be said: `0.0.0.0:8000`."},
    {.key = "data_dir", .fallback = "~/tarn", .text = "Folder of everything that the server keeps on this machine; the defaults of the folders below lie in it.", .is_path = true},
    // TLS
    {.key = "tls.enabled", .type = kBool, .fallback = "false", .text = "Serve HTTPS."},
    {.key = "tls.cert_file", .text = "PEM file with the certificate and its chain.", .is_path = true},
    {.key = "tls.key_file", .text = "PEM file with the private key.", .is_path = true},
    // Log
    {.key = "logging.format", .fallback = "text", .choices = "text|json"},
    {.key = "logging.level", .fallback = "INFO", .text = "The only setting that is applied anew when the file changes.", .choices = "TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|PANIC|NONE|NULL"},
    {.key = "logging.output", .type = kList, .fallback = "-", .text = "`-` standard output, `=` standard error, or a file."},
    {.key = "logging.file_max_size_mb", .type = kInt, .fallback = "102400", .text = "Size of a log file before it is rotated.", .support = kIgnored, .min = 0},
    {.key = "logging.files_keep", .type = kInt, .fallback = "100", .text = "How many rotated files to keep.", .support = kIgnored, .min = 0},
    {.key = "logging.audit_log_level", .fallback = "DEBUG", .text = "Level of the line that each request logs.", .support = kIgnored},
    {.key = "logging.trace_request_headers", .type = kBool, .fallback = "false", .text = "Log the headers of requests.", .support = kIgnored},
    // Actions
    {.key = "actions.enabled", .type = kBool, .fallback = "true", .text = "Run the actions of repositories."},
    {.key = "actions.lua.net_http_enabled", .type = kBool, .fallback = "false", .text = "Let Lua hooks make HTTP requests."},
    {.key = "actions.allowed_hosts", .type = kList, .fallback = "*", .text = "Where hooks may connect to: names of hosts (`*` stands for any characters), which lead to no address of this machine or its link; addresses and networks (`10.0.0.0/8`), which may; `localhost`. See docs/security.md.", .comma_separated = true},
    {.key = "actions.env.enabled", .type = kBool, .fallback = "true", .text = "Let actions read environment variables."},
    {.key = "actions.env.prefix", .fallback = "LAKEFSACTION_", .text = "Variables that actions may read start with this."},
    // Database
    {.key = "database.type", .fallback = "local", .text = "Where references and staged entries live.", .choices = "local|mem"},
    {.key = "database.drop_tables", .type = kBool, .fallback = "false", .text = "Drop all tables at the start.", .support = kRefused},
    {.key = "database.local.path", .text = "Folder of the embedded database. Default: `metadata` in `data_dir`.", .is_path = true},
    {.key = "database.local.sync_writes", .type = kBool, .fallback = "true", .text = "Off, a power failure loses acknowledged writes."},
    {.key = "database.local.prefetch_size", .type = kInt, .fallback = "256", .support = kIgnored, .min = 0},
    {.key = "database.local.enable_logging", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "database.postgres.connection_string", .type = kSecret, .support = kIgnored},
    {.key = "database.postgres.max_open_connections", .type = kInt, .fallback = "25", .support = kIgnored, .min = 0},
    {.key = "database.postgres.max_idle_connections", .type = kInt, .fallback = "25", .support = kIgnored, .min = 0},
    {.key = "database.postgres.connection_max_lifetime", .type = kDuration, .fallback = "5m", .support = kIgnored, .min = 0},
    {.key = "database.postgres.scan_page_size", .type = kInt, .fallback = "0", .support = kIgnored, .min = 0},
    {.key = "database.postgres.metrics", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "database.dynamodb.table_name", .fallback = "kvstore", .support = kIgnored},
    {.key = "database.dynamodb.scan_limit", .type = kInt, .fallback = "1024", .support = kIgnored, .min = 0},
    {.key = "database.dynamodb.endpoint", .support = kIgnored},
    {.key = "database.dynamodb.aws_region", .support = kIgnored},
    {.key = "database.dynamodb.aws_profile", .support = kIgnored},
    {.key = "database.dynamodb.aws_access_key_id", .support = kIgnored},
    {.key = "database.dynamodb.aws_secret_access_key", .type = kSecret, .support = kIgnored},
    {.key = "database.dynamodb.health_check_interval", .type = kDuration, .fallback = "0s", .support = kIgnored, .min = 0},
    {.key = "database.dynamodb.max_attempts", .type = kInt, .fallback = "10", .support = kIgnored, .min = 0},
    {.key = "database.dynamodb.max_connections", .type = kInt, .fallback = "0", .support = kIgnored, .min = 0},
    {.key = "database.dynamodb.credentials_cache_expiry_window", .type = kDuration, .fallback = "200s", .support = kIgnored, .min = 0},
    {.key = "database.dynamodb.credentials_cache_expiry_window_jitter_fraction", .type = kFloat, .fallback = "0.5", .support = kIgnored},
    {.key = "database.cosmosdb.key", .type = kSecret, .support = kIgnored},
    {.key = "database.cosmosdb.endpoint", .support = kIgnored},
    {.key = "database.cosmosdb.database", .support = kIgnored},
    {.key = "database.cosmosdb.container", .support = kIgnored},
    {.key = "database.cosmosdb.throughput", .type = kInt, .fallback = "0", .support = kIgnored, .min = 0},
    {.key = "database.cosmosdb.autoscale", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "database.redis.endpoint", .support = kIgnored},
    {.key = "database.redis.username", .support = kIgnored},
    {.key = "database.redis.password", .type = kSecret, .support = kIgnored},
    {.key = "database.redis.database", .type = kInt, .fallback = "0", .support = kIgnored},
    {.key = "database.redis.pool_size", .type = kInt, .fallback = "0", .support = kIgnored},
    {.key = "database.redis.min_idle_conns", .type = kInt, .fallback = "0", .support = kIgnored},
    {.key = "database.redis.dial_timeout", .type = kDuration, .fallback = "0s", .support = kIgnored},
    {.key = "database.redis.read_timeout", .type = kDuration, .fallback = "0s", .support = kIgnored},
    {.key = "database.redis.write_timeout", .type = kDuration, .fallback = "0s", .support = kIgnored},
    {.key = "database.redis.namespace", .support = kIgnored},
    {.key = "database.redis.enable_tls", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "database.redis.tls_skip_verify", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "database.redis.aws_region", .support = kIgnored},
    {.key = "database.redis.aws_profile", .support = kIgnored},
    {.key = "database.redis.aws_access_key_id", .support = kIgnored},
    {.key = "database.redis.aws_secret_access_key", .type = kSecret, .support = kIgnored},
    {.key = "database.redis.use_iam_auth", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "database.redis.cluster_mode", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "database.redis.batch_size", .type = kInt, .fallback = "0", .support = kIgnored},
    // Block store
    {.key = "blockstore.type", .fallback = "local", .text = "Where objects live.", .choices = "local|mem|s3"},
    {.key = "blockstore.default_namespace_prefix", .text = "What the UI offers as the start of a new repository's storage namespace."},
    {.key = "blockstore.signing.secret_key", .type = kSecret, .text = "Key of the signatures in physical addresses that clients hand back. Default: generated once into `secrets.yaml` in `data_dir`."},
    {.key = "blockstore.local.path", .text = "Folder of the objects. Default: `block` in `data_dir`.", .is_path = true},
    {.key = "blockstore.local.import_enabled", .type = kBool, .fallback = "false", .text = "Allow imports from the local block store and from the folders below."},
    {.key = "blockstore.local.import_hidden", .type = kBool, .fallback = "false", .text = "Import files and folders whose names begin with a dot, too."},
    {.key = "blockstore.local.allowed_external_prefixes", .type = kList, .text = "Folders of this machine, as absolute paths, that may be imported from (`local:///data/a/`) and whose files can be read through repositories.", .is_path = true},
    {.key = "blockstore.s3.region", .text = "Region of the buckets; by default that of the AWS environment (`AWS_REGION`, `AWS_DEFAULT_REGION`, the profile), else `us-east-1`."},
    {.key = "blockstore.s3.profile", .text = "Profile of the shared AWS configuration files."},
    {.key = "blockstore.s3.credentials_file", .text = "Shared AWS credentials file.", .is_path = true},
    {.key = "blockstore.s3.credentials.access_key_id", .text = "Empty: the AWS credential chain."},
    {.key = "blockstore.s3.credentials.secret_access_key", .type = kSecret},
    {.key = "blockstore.s3.credentials.session_token", .type = kSecret},
    {.key = "blockstore.s3.endpoint", .text = "URL of an S3-compatible store. Empty: AWS, or what `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_S3` say."},
    {.key = "blockstore.s3.force_path_style", .type = kBool, .fallback = "false", .text = "Put the bucket into the path, not into the host name. With an `endpoint` that is always so."},
    {.key = "blockstore.s3.discover_bucket_region", .type = kBool, .fallback = "true", .text = "Follow a bucket to the region that the store names; otherwise that is an error."},
    {.key = "blockstore.s3.max_retries", .type = kInt, .fallback = "5", .text = "Repetitions of a failed request.", .min = 0, .max = 100},
    {.key = "blockstore.s3.skip_verify_certificate_test_only", .type = kBool, .fallback = "false", .text = "Do not check the store's TLS certificate. For tests only."},
    {.key = "blockstore.s3.server_side_encryption", .text = "`AES256` or `aws:kms`.", .support = kRefused},
    {.key = "blockstore.s3.server_side_encryption_kms_key_id", .support = kRefused},
    {.key = "blockstore.s3.pre_signed_expiry", .type = kDuration, .fallback = "15m", .text = "How long presigned URLs are valid.", .min = 1000000000, .max = 604800000000000},
    {.key = "blockstore.s3.pre_signed_endpoint", .text = "URL of the store as clients reach it, for presigned URLs."},
    {.key = "blockstore.s3.disable_pre_signed", .type = kBool, .fallback = "false", .text = "Do not hand out presigned URLs."},
    {.key = "blockstore.s3.disable_pre_signed_ui", .type = kBool, .fallback = "true", .text = "The same for the UI."},
    {.key = "blockstore.s3.disable_pre_signed_multipart", .type = kBool, .fallback = "false", .text = "The same for parts of multipart uploads."},
    {.key = "blockstore.s3.client_log_retries", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "blockstore.s3.client_log_request", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "blockstore.s3.web_identity.session_duration", .type = kDuration, .fallback = "0s", .support = kIgnored, .min = 0},
    {.key = "blockstore.s3.web_identity.session_expiry_window", .type = kDuration, .fallback = "5m", .support = kIgnored, .min = 0},
    {.key = "blockstore.gs.s3_endpoint", .fallback = "https://storage.googleapis.com", .support = kIgnored},
    {.key = "blockstore.gs.credentials_file", .support = kIgnored, .is_path = true},
    {.key = "blockstore.gs.credentials_json", .type = kSecret, .support = kIgnored},
    {.key = "blockstore.gs.data_credentials_file", .support = kIgnored, .is_path = true},
    {.key = "blockstore.gs.data_credentials_json", .type = kSecret, .support = kIgnored},
    {.key = "blockstore.gs.pre_signed_expiry", .type = kDuration, .fallback = "15m", .support = kIgnored, .min = 0},
    {.key = "blockstore.gs.disable_pre_signed", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "blockstore.gs.disable_pre_signed_ui", .type = kBool, .fallback = "true", .support = kIgnored},
    {.key = "blockstore.gs.server_side_encryption_customer_supplied", .type = kSecret, .support = kIgnored},
    {.key = "blockstore.gs.server_side_encryption_kms_key_id", .support = kIgnored},
    {.key = "blockstore.azure.storage_account", .support = kIgnored},
    {.key = "blockstore.azure.storage_access_key", .type = kSecret, .support = kIgnored},
    {.key = "blockstore.azure.try_timeout", .type = kDuration, .fallback = "10m", .support = kIgnored, .min = 0},
    {.key = "blockstore.azure.pre_signed_expiry", .type = kDuration, .fallback = "15m", .support = kIgnored, .min = 0},
    {.key = "blockstore.azure.disable_pre_signed", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "blockstore.azure.disable_pre_signed_ui", .type = kBool, .fallback = "true", .support = kIgnored},
    {.key = "blockstore.azure.domain", .support = kIgnored},
    {.key = "blockstore.azure.test_endpoint_url", .support = kIgnored},
    {.key = "blockstore.azure.auth_method", .support = kIgnored},
    {.key = "blockstore.azure.china_cloud", .type = kBool, .fallback = "false", .support = kIgnored},
    // Committed data
    {.key = "committed.local_cache.size_bytes", .type = kSize, .fallback = "1073741824", .text = "Disk for copies of ranges and metaranges of a remote block store. 0: they are held in memory.", .min = 0},
    {.key = "committed.local_cache.dir", .text = "Folder of that cache, of one server alone. Default: `cache` in `data_dir`.", .is_path = true},
    {.key = "committed.local_cache.max_uploaders_per_writer", .type = kInt, .fallback = "10", .text = "Ranges that one commit uploads at a time.", .min = 1, .max = 1000},
    {.key = "committed.local_cache.range_proportion", .type = kFloat, .fallback = "0.9", .support = kIgnored},
    {.key = "committed.local_cache.metarange_proportion", .type = kFloat, .fallback = "0.1", .support = kIgnored},
    {.key = "committed.block_storage_prefix", .fallback = "_lakefs", .text = "Folder of committed metadata in each storage namespace."},
    {.key = "committed.permanent.min_range_size_bytes", .type = kSize, .fallback = "0", .text = "A range is not closed before it has this size.", .min = 0},
    {.key = "committed.permanent.max_range_size_bytes", .type = kSize, .fallback = "20971520", .text = "A range is closed at this size.", .min = 1},
    {.key = "committed.permanent.range_raggedness_entries", .type = kInt, .fallback = "50000", .text = "Entries of a range on average; where a range ends depends on its keys only.", .min = 1},
    {.key = "committed.sstable.memory.cache_size_bytes", .type = kSize, .fallback = "400000000", .text = "Memory for blocks of ranges, at most.", .min = 0},
    // Version store
    {.key = "graveler.ensure_readable_root_namespace", .type = kBool, .fallback = "true", .text = "Check that the storage namespace of a new repository can be read and written."},
    {.key = "graveler.undelete_window", .type = kDuration, .fallback = "72h", .text = "How long a deleted repository or branch can be brought back; until then its rows stay in the database. The default lets a mistake on a Friday be noticed on the Monday. `0s`: everything of it is gone at once.", .min = 0},
    {.key = "graveler.batch_dbio_transaction_markers", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "graveler.compaction_sensor_threshold", .type = kInt, .fallback = "0", .support = kIgnored, .min = 0},
    {.key = "graveler.max_batch_delay", .type = kDuration, .fallback = "3ms", .support = kIgnored, .min = 0},
    {.key = "graveler.background.rate_limit", .type = kInt, .fallback = "0", .support = kIgnored, .min = 0},
    {.key = "graveler.repository_cache.size", .type = kInt, .fallback = "1000", .text = "Repository records kept in memory.", .min = 0},
    {.key = "graveler.repository_cache.expiry", .type = kDuration, .fallback = "5s", .min = 0},
    {.key = "graveler.repository_cache.jitter", .type = kDuration, .fallback = "2s", .min = 0},
    {.key = "graveler.commit_cache.size", .type = kInt, .fallback = "50000", .text = "Commit records kept in memory.", .min = 0},
    {.key = "graveler.commit_cache.expiry", .type = kDuration, .fallback = "10m", .min = 0},
    {.key = "graveler.commit_cache.jitter", .type = kDuration, .fallback = "2s", .min = 0},
    {.key = "graveler.branch_ownership.enabled", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "graveler.branch_ownership.refresh", .type = kDuration, .fallback = "400ms", .support = kIgnored, .min = 0},
    {.key = "graveler.branch_ownership.acquire", .type = kDuration, .fallback = "150ms", .support = kIgnored, .min = 0},
    // Imports
    {.key = "imports.temporary_dir", .text = "Folder for what an import sorts and does not hold in memory. Default: `imports` in `data_dir`.", .is_path = true},
    {.key = "imports.sort_memory_size_bytes", .type = kSize, .fallback = "67108864", .text = "Memory of one import for what it sorts; twice as much at worst.", .min = 65536},
    // Gateway
    {.key = "gateways.s3.domain_name", .type = kList, .fallback = "s3.local.lakefs.io", .text = "Domains whose sub-domains are repositories (virtual-host addressing). None may be a sub-domain of another.", .comma_separated = true},
    {.key = "gateways.s3.region", .fallback = "us-east-1", .text = "Region that the gateway says it is in."},
    {.key = "gateways.s3.fallback_url", .text = "Where to send requests for unknown repositories.", .support = kRefused},
    {.key = "gateways.s3.verify_unsupported", .type = kBool, .fallback = "true", .text = "Answer operations that the gateway lacks with an error."},
    // Auth
    {.key = "auth.encrypt.secret_key", .type = kSecret, .text = "Key that encrypts stored secrets and signs tokens. Default: generated once into `secrets.yaml` in `data_dir`. Changing it makes all stored credentials unreadable."},
    {.key = "auth.cache.enabled", .type = kBool, .fallback = "true", .text = "Keep users, policies and decrypted credentials in memory."},
    {.key = "auth.cache.size", .type = kInt, .fallback = "1024", .min = 1},
    {.key = "auth.cache.ttl", .type = kDuration, .fallback = "20s", .text = "How long a revoked credential may still work.", .min = 0},
    {.key = "auth.cache.jitter", .type = kDuration, .fallback = "3s", .min = 0},
    {.key = "auth.api.endpoint", .text = "External authorisation service.", .support = kRefused},
    {.key = "auth.api.token", .type = kSecret, .support = kRefused},
    {.key = "auth.api.supports_invites", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "auth.api.health_check_timeout", .type = kDuration, .fallback = "20s", .support = kIgnored, .min = 0},
    {.key = "auth.api.skip_health_check", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "auth.authentication_api.endpoint", .text = "External authentication service.", .support = kRefused},
    {.key = "auth.authentication_api.external_principals_enabled", .type = kBool, .fallback = "false", .support = kRefused},
    {.key = "auth.remote_authenticator.enabled", .type = kBool, .fallback = "false", .text = "Ask an external service for passwords.", .support = kRefused},
    {.key = "auth.remote_authenticator.endpoint", .support = kIgnored},
    {.key = "auth.remote_authenticator.default_user_group", .fallback = "Viewers", .support = kIgnored},
    {.key = "auth.remote_authenticator.request_timeout", .type = kDuration, .fallback = "10s", .support = kIgnored, .min = 0},
    {.key = "auth.oidc.validate_id_token_claims", .type = kMap, .support = kRefused},
    {.key = "auth.oidc.default_initial_groups", .type = kList, .support = kIgnored},
    {.key = "auth.oidc.initial_groups_claim_name", .support = kIgnored},
    {.key = "auth.oidc.friendly_name_claim_name", .support = kIgnored},
    {.key = "auth.oidc.persist_friendly_name", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "auth.cookie_auth_verification.validate_id_token_claims", .type = kMap, .support = kRefused},
    {.key = "auth.cookie_auth_verification.default_initial_groups", .type = kList, .support = kIgnored},
    {.key = "auth.cookie_auth_verification.initial_groups_claim_name", .support = kIgnored},
    {.key = "auth.cookie_auth_verification.friendly_name_claim_name", .support = kIgnored},
    {.key = "auth.cookie_auth_verification.persist_friendly_name", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "auth.cookie_auth_verification.external_user_id_claim_name", .support = kIgnored},
    {.key = "auth.cookie_auth_verification.auth_source", .support = kIgnored},
    {.key = "auth.logout_redirect_url", .fallback = "/auth/login", .text = "Where the UI goes after a logout."},
    {.key = "auth.login_duration", .type = kDuration, .fallback = "168h", .text = "How long a login is valid.", .min = 1000000000},
    {.key = "auth.login_max_duration", .type = kDuration, .fallback = "336h", .text = "The longest login that a client may ask for.", .min = 1000000000},
    {.key = "auth.ui_config.rbac", .fallback = "none", .text = "Who may do what: `none` is one user with all rights.", .support = kRefused},
    {.key = "auth.ui_config.login_url"},
    {.key = "auth.ui_config.login_failed_message", .fallback = "The credentials don't match."},
    {.key = "auth.ui_config.fallback_login_url"},
    {.key = "auth.ui_config.fallback_login_label"},
    {.key = "auth.ui_config.login_cookie_names", .type = kList, .fallback = "internal_auth_session"},
    {.key = "auth.ui_config.logout_url"},
    {.key = "auth.ui_config.use_login_placeholders", .type = kBool, .fallback = "false"},
    // UI
    {.key = "ui.enabled", .type = kBool, .fallback = "true", .text = "Serve the web UI."},
    {.key = "ui.snippets", .type = kRecords, .text = "HTML put into the UI's page, each with `id` and `code`."},
    // Statistics
    {.key = "stats.enabled", .type = kBool, .fallback = "false", .text = "This server sends no statistics.", .support = kIgnored},
    {.key = "stats.address", .support = kIgnored},
    {.key = "stats.flush_interval", .type = kDuration, .fallback = "30s", .support = kIgnored, .min = 0},
    {.key = "stats.flush_size", .type = kInt, .fallback = "100", .support = kIgnored, .min = 0},
    {.key = "stats.extended", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "usage_report.enabled", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "usage_report.flush_interval", .type = kDuration, .fallback = "5m", .support = kIgnored, .min = 0},
    {.key = "email_subscription.enabled", .type = kBool, .fallback = "false", .support = kIgnored},
    // Installation
    {.key = "installation.fixed_id", .text = "Identity of the installation; generated if empty."},
    {.key = "installation.user_name", .text = "With the two keys below and an embedded database: the first administrator, made at the first start."},
    {.key = "installation.access_key_id"},
    {.key = "installation.secret_access_key", .type = kSecret},
    {.key = "installation.allow_inter_region_storage", .type = kBool, .fallback = "true", .support = kIgnored},
    // Security
    {.key = "security.check_latest_version", .type = kBool, .fallback = "false", .support = kIgnored},
    {.key = "security.check_latest_version_cache", .type = kDuration, .fallback = "1h", .support = kIgnored, .min = 0},
    {.key = "security.audit_check_interval", .type = kDuration, .fallback = "24h", .support = kIgnored, .min = 0},
    {.key = "security.audit_check_url", .support = kIgnored},
    // Uncommitted garbage collection
    {.key = "ugc.prepare_max_file_size", .type = kSize, .fallback = "20971520", .support = kIgnored, .min = 0},
    {.key = "ugc.prepare_interval", .type = kDuration, .fallback = "1m", .support = kIgnored, .min = 0},
};
// clang-format on

}  // namespace

std::span<const SettingSpec> settings_table() { return kTable; }

std::string render_config_docs() {
  return R"(# Configuration

<!-- Generated from src/server/settings_table.cc; the test of that file rewrites it when TARN_UPDATE_GOLDEN is set. -->

Keys are lakeFS's; `data_dir` and `imports` are new. A value comes from, the later the stronger:

1. the default below,
2. the mode: `--quickstart`, `--local-settings`,
3. the file: `--config FILE`, otherwise the first `config.yaml` in the working folder, `~/.lakefs` or `/etc/lakefs`, otherwise
   `~/.lakefs.yaml`,
4. the environment: `TARN_` or `LAKEFS_` and the key in upper case with `_` for `.` (`database.local.path` is
   `TARN_DATABASE_LOCAL_PATH`). `TARN_` wins over `LAKEFS_`. A variable that is set to nothing counts as not set.

An unknown key or a bad value in the file refuses the start, with the full list; an unknown variable only warns. A key without a value
stays at its default. Keys are read without regard to case, and one that is set twice is refused.

| Type | In the file | In the environment |
| --- | --- | --- |
| boolean | `true`, `false` (also `yes`, `no`, `on`, `off`, `1`, `0`) | the same |
| bytes | a whole number, also with `KiB`, `MiB`, `GiB` | the same |
| duration | as Go writes them: `300ms`, `20s`, `1h30m` | the same |
| list | a list, or one text | a JSON array, or one element (`gateways.s3.domain_name`, `actions.allowed_hosts`: split at commas) |
| map | a map | `k1=v1,k2=v2`, or a JSON object |
| list of maps | a list of maps | a JSON array of objects |
| a whole section | a map | a JSON object, e.g. `TARN_AUTH_CACHE={"size": 10}` |

Secrets are shown as `******` (set) or `------` (not set). `~` at the start of a path is the home folder.
)" + render_settings_docs(kTable);
}

}  // namespace tarn::server
