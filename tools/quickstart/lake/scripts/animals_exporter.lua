-- Exports one table of the commit: symlink manifests beside the data, then a table in AWS Glue.
local aws = require("aws")
local symlink_exporter = require("lakefs/catalogexport/symlink_exporter")
local glue_exporter = require("lakefs/catalogexport/glue_exporter")

local keys = args.aws
local s3 = aws.s3_client(keys.aws_access_key_id, keys.aws_secret_access_key, keys.aws_region)
symlink_exporter.export_s3(s3, args.table_source, action, {debug = true})

local glue = aws.glue_client(keys.aws_access_key_id, keys.aws_secret_access_key, keys.aws_region)
glue_exporter.export_glue(glue, args.catalog.db_name, args.table_source, args.catalog.table_input, action, {debug = true})
