-- Registers exported tables in AWS Glue.
local core = require("lakefs/catalogexport/core")
local extractor = require("lakefs/catalogexport/table_extractor")
local internal = require("lakefs/catalogexport/internal")
local json = require("encoding/json")
local lakefs = require("lakefs")

local M = {}

-- <table>_<repository>_<branch or tag>_<first 6 of commit>
function M.get_full_table_name(descriptor, action_info)
    return table.concat({
        tostring(descriptor.name),
        action_info.repository_id,
        internal.ref_from_branch_or_tag(action_info),
        internal.short_digest(action_info.commit_id),
    }, "_")
end

-- options: table_name, export_base_uri, debug, create_db_input
function M.export_glue(glue, db, table_src_path, create_table_input, action_info, options)
    local opt = options or {}
    local commit_id = action_info.commit_id
    local raw = extractor.get_table_descriptor(lakefs, action_info.repository_id, commit_id, table_src_path)
    local descriptor = core.hive_descriptor(table_src_path, raw)
    local base = internal.get_storage_uri_prefix(opt.export_base_uri or action_info.storage_namespace, commit_id, action_info)
    local name = opt.table_name or M.get_full_table_name(descriptor, action_info)
    local input = core.table_input(table_src_path, raw, name, base .. descriptor.name, create_table_input)

    if opt.create_db_input then
        glue.create_database(db, { error_on_already_exists = false, create_db_input = opt.create_db_input })
        if opt.debug then
            print("success creating / verifying glue database")
        end
    end
    local text = json.marshal(input)
    if opt.debug then
        print("Creating Glue Table - input:", text)
    end
    glue.create_table(db, text)
    return { table_input = input }
end

return M
