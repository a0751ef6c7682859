-- Registers exported tables in AWS Glue.
local core = require("lakefs/catalogexport/core")
local extractor = require("lakefs/catalogexport/table_extractor")
local hive = require("lakefs/catalogexport/hive")
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

-- The folders of partitions, listed with functions of the script.
local function list_folders(spec)
    local prefix = core.layout(spec.path, spec.partition_columns).prefix
    local folders = {}
    for partition, entries in hive.extract_partition_pager(lakefs, spec.repository, spec.commit, spec.path, spec.partition_columns) do
        if #entries > 0 then
            folders[#folders + 1] = partition:sub(#prefix + 1)
        end
    end
    return array(folders)
end

-- Registers with a client of the script: one request after the other.
local function register_with(glue, db, name, text, batches, debug)
    glue.create_table(db, text)
    if #batches > 0 and not glue.batch_create_partition then
        if debug then
            print("the Glue client has no batch_create_partition: no partitions are registered")
        end
        return
    end
    for _, batch in ipairs(batches) do
        for _, refused in ipairs(glue.batch_create_partition(db, name, batch) or {}) do
            local detail = refused.ErrorDetail or {}
            if detail.ErrorCode ~= "AlreadyExistsException" then
                error("Glue refuses partition `" .. table.concat(refused.PartitionValues or {}, "/") .. "`: " ..
                    tostring(detail.ErrorCode) .. ": " .. tostring(detail.ErrorMessage))
            end
        end
    end
end

-- The metadata again with the addresses of the data, and the table that points at it.
local function export_iceberg(glue, db, file, raw, create_table_input, action_info, opt)
    local name = opt.table_name or M.get_full_table_name(raw, action_info)
    if opt.create_db_input then
        glue.create_database(db, { error_on_already_exists = false, create_db_input = opt.create_db_input })
    end
    local done = core.export_iceberg(lakefs.list_objects, opt.writer, glue.create_table, {
        repository = action_info.repository_id,
        ref = internal.ref_from_branch_or_tag(action_info),
        commit = action_info.commit_id,
        base_uri = opt.export_base_uri or action_info.storage_namespace,
        storage_namespace = action_info.storage_namespace,
        database = db,
        name = name,
        file = file,
    }, raw, create_table_input)
    if opt.debug then
        print("Iceberg table " .. name .. ":", done.metadata_location)
    end
    return done
end

-- options: table_name, export_base_uri, debug, create_db_input, partitions (true, false or "projection"),
-- skip_trim_obj_base_path; of Iceberg tables: writer
function M.export_glue(glue, db, table_src_path, create_table_input, action_info, options)
    local opt = options or {}
    local partitions = opt.partitions
    if partitions == nil then
        partitions = true
    elseif partitions ~= true and partitions ~= false and partitions ~= "projection" then
        error('options.partitions must be true, false or "projection"')
    end
    local commit_id = action_info.commit_id
    local raw = extractor.get_table_descriptor(lakefs, action_info.repository_id, commit_id, table_src_path)
    if raw.type == "iceberg" then
        return export_iceberg(glue, db, table_src_path, raw, create_table_input, action_info, opt)
    end
    local descriptor = core.hive_descriptor(table_src_path, raw)
    local base = internal.get_storage_uri_prefix(opt.export_base_uri or action_info.storage_namespace, commit_id, action_info)
    local name = opt.table_name or M.get_full_table_name(descriptor, action_info)
    local input = core.table_input(table_src_path, raw, name, base .. descriptor.name, create_table_input)
    local spec = {
        repository = action_info.repository_id,
        commit = commit_id,
        uri = base,
        table = descriptor.name,
        path = descriptor.path,
        partition_columns = descriptor.partition_columns,
        keep_table_path = opt.skip_trim_obj_base_path == true,
    }
    core.require_whole_export(spec)
    local folders
    if partitions and #descriptor.partition_columns > 0 then
        folders = core.partition_folders(lakefs.list_objects, spec) or list_folders(spec)
        if partitions == "projection" then
            input = core.project_partitions(input, spec, folders)
            folders = nil
        end
    end

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
    local done = core.register_table(glue.create_table, db, input, spec, folders)
    if not done then
        local batches = folders and core.partition_batches(input, spec, folders) or {}
        register_with(glue, db, name, text, batches, opt.debug)
        return { table_input = input }
    end
    if opt.debug and folders then
        local changes = done.partitions
        print(string.format("Glue partitions: %d created, %d updated, %d deleted", changes.created, changes.updated, changes.deleted))
    end
    return { table_input = input, created = done.created, partitions = done.partitions }
end

return M
