-- Manifests for SymlinkTextInputFormat.
local core = require("lakefs/catalogexport/core")
local extractor = require("lakefs/catalogexport/table_extractor")
local hive = require("lakefs/catalogexport/hive")
local internal = require("lakefs/catalogexport/internal")
local lakefs = require("lakefs")

local M = {}

-- Writes manifests one after the other with functions of the script.
local function export_with(write, spec, location, note)
    local prefix = core.layout(spec.path, spec.partition_columns).prefix
    local counts = { manifests = 0, objects = 0 }
    local pager = hive.extract_partition_pager(lakefs, spec.repository, spec.commit, spec.path, spec.partition_columns)
    for partition, entries in pager do
        if #entries > 0 then
            local lines = {}
            for at, entry in ipairs(entries) do
                if entry.physical_address:find("\n", 1, true) or entry.physical_address:find("\r", 1, true) then
                    error(entry.path .. ": its address cannot be listed in a manifest")
                end
                lines[at] = entry.physical_address .. "\n"
            end
            local folder = partition
            if not spec.keep_table_path and folder:sub(1, #prefix) == prefix then
                folder = folder:sub(#prefix + 1)
            end
            local key = location.key .. spec.table .. "/" .. folder .. "symlink.txt"
            note(key)
            write(location.bucket, key, table.concat(lines))
            counts.manifests = counts.manifests + 1
            counts.objects = counts.objects + #entries
        end
    end
    return counts
end

-- options: debug, export_base_uri, writer = function(bucket, key, data), skip_trim_obj_base_path
function M.export_s3(s3_client, table_src_path, action_info, options)
    local opt = options or {}
    local write = opt.writer or (s3_client and s3_client.put_object)
    if not write then
        error("an S3 client or options.writer is needed")
    end
    local repo_id, commit_id = action_info.repository_id, action_info.commit_id
    local descriptor = core.hive_descriptor(table_src_path,
        extractor.get_table_descriptor(lakefs, repo_id, commit_id, table_src_path))
    local uri = internal.get_storage_uri_prefix(opt.export_base_uri or action_info.storage_namespace, commit_id, action_info)
    local location = internal.parse_storage_uri(uri)
    local spec = {
        repository = repo_id,
        commit = commit_id,
        uri = uri,
        table = descriptor.name,
        path = descriptor.path,
        partition_columns = descriptor.partition_columns,
        keep_table_path = opt.skip_trim_obj_base_path == true,
        debug = opt.debug == true,
    }
    local function note(key)
        if opt.debug then
            print("S3 writing bucket: " .. location.bucket .. " key: " .. key)
        end
    end
    if opt.debug then
        print("hive table `lakefs://" .. repo_id .. "/" .. internal.short_digest(commit_id) .. "/" .. descriptor.path .. "`")
    end

    -- Until it has ended nobody registers what is there of it.
    core.begin_export(spec)
    local counts = core.export_symlinks(lakefs.list_objects, write, spec)
    if counts then
        for _, key in ipairs(counts.keys) do
            note(key)
        end
        if counts.keys_left_out > 0 then
            print("and " .. tostring(counts.keys_left_out) .. " more")
        end
    else
        counts = export_with(write, spec, location, note)
    end
    core.finish_export(spec)
    return { location = location, manifests = counts.manifests, objects = counts.objects }
end

return M
