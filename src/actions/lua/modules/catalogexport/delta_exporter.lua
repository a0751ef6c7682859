-- Delta tables: their log again, with the addresses of the data instead of its paths.
local core = require("lakefs/catalogexport/core")
local delta = require("lakefs/catalogexport/delta_core")
local extractor = require("lakefs/catalogexport/table_extractor")
local internal = require("lakefs/catalogexport/internal")
local json = require("encoding/json")
local lakefs = require("lakefs")
local paths = require("path")
local strings = require("strings")
local url = require("net/url")
local z85 = require("encoding/z85enc")

local M = {}

local NAMED_MISSING_MAX = 100
-- Of versions that are written side by side.
local BATCH_VERSIONS = 16
local BATCH_BYTES = 4 * 1024 * 1024

local function descriptor_file(folder, name)
    return paths.join("/", folder, strings.has_suffix(name, ".yaml") and name or name .. ".yaml")
end

local function read_descriptor(repo_id, ref, file)
    local descriptor = extractor.get_table_descriptor(lakefs, repo_id, ref, file)
    for _, field in ipairs({ "path", "name" }) do
        if descriptor[field] == nil then
            error("table " .. field .. " is required to proceed with Delta catalog export: " .. file)
        end
        if type(descriptor[field]) == "table" then
            error(file .. ": " .. field .. " must be text")
        end
    end
    local name = tostring(descriptor.name)
    if name == "" or name == "." or name == ".." or name:find("/", 1, true) then
        error(file .. ": `" .. name .. "` is no name of a table")
    end
    local path = tostring(descriptor.path):gsub("^/+", ""):gsub("/+$", "")
    return name, path, path == "" and "" or path .. "/"
end

-- Paths in a log are parts of URIs.
local function decode(path)
    return url.query_unescape((path:gsub("%+", "%%2B")))
end

local function is_absolute(path)
    return path:match("^%a[%w+.-]*:/") ~= nil
end

-- The paths in the repository of an action's file and of its deletion vector; nil for what is elsewhere.
local function locate(prefix, file)
    local object, vector
    if not is_absolute(file.path) then
        object = prefix .. decode(file.path)
    end
    local place = file.vector
    if place == nil or place.type == "i" then
        return object
    elseif place.type == "u" then
        local uuid, folder = z85.decode_uuid(place.path)
        vector = prefix .. folder .. (folder == "" and "" or "/") .. "deletion_vector_" .. uuid .. ".bin"
    elseif place.type == "p" then
        if not is_absolute(place.path) then
            vector = prefix .. decode(place.path)
        end
    else
        error("unknown storageType of a deletion vector: " .. place.type)
    end
    return object, vector
end

-- What a file is to the table: one with another deletion vector is another.
local function identity(file, object)
    return object .. "\0" .. (file.vector and file.vector.type .. file.vector.path or "")
end

-- Reads addresses of objects: `known` maps paths to URIs, and to false where there is no object.
local function address_book(repo_id, commit_id, transform)
    local known = {}

    local function note(path, code, address)
        if code == 404 then
            known[path] = false
        elseif code ~= 200 then
            error("failed stat_object with code: " .. tostring(code) .. " path: " .. path)
        else
            local uri = core.parse_uri(address)
            address = url.build_url(uri.protocol, uri.bucket, "/" .. uri.key)
            known[path] = transform and transform(address) or address
        end
    end

    local function look_up(wanted)
        local codes, addresses = delta.stat_objects(lakefs.stat_object, repo_id, commit_id, wanted)
        for at, path in ipairs(wanted) do
            if codes then
                note(path, codes[at], addresses[at])
            else
                local code, body = lakefs.stat_object(repo_id, commit_id, path)
                note(path, code, code == 200 and json.unmarshal(body).physical_address)
            end
        end
    end

    return known, look_up
end

-- Calls visit(line, files) for each action of a version; errors name the place.
local function each_action(version, lines, visit)
    for number, line in ipairs(lines) do
        local fine, message = pcall(function()
            visit(line, delta.files(line))
        end)
        if not fine then
            error("version " .. tostring(version) .. ", action " .. tostring(number) .. ": " .. tostring(message), 0)
        end
    end
end

-- The log's files as they are exported, in their order: {version=, number=, lines=, is_checkpoint=}. Versions of a log that
-- begins with a checkpoint keep their numbers.
local function files_of_log(log, checkpoint)
    local files = {}
    for version, lines in internal.sortedKeys(log) do
        if checkpoint == nil then
            files[#files + 1] = { version = version, number = #files, lines = lines }
        elseif version ~= checkpoint.version then
            files[#files + 1] = { version = version, number = version, lines = lines }
        else
            files[#files + 1] = { version = version, number = version, lines = lines, is_checkpoint = true }
            if checkpoint.actions ~= nil then
                files[#files + 1] = { version = version, number = version, lines = checkpoint.actions }
            end
        end
    end
    return files
end

-- Looks up all that the log names; raises when files that are part of the table are not there.
local function look_up_all(log_files, prefix, known, look_up)
    local missing = {}
    for _, log_file in ipairs(log_files) do
        local version, lines = log_file.version, log_file.lines
        local wanted, seen = {}, {}
        local function want(path)
            if path and known[path] == nil and not seen[path] then
                seen[path] = true
                wanted[#wanted + 1] = path
            end
        end
        each_action(version, lines, function(_, files)
            for _, file in ipairs(files) do
                local object, vector = locate(prefix, file)
                want(object)
                want(vector)
            end
        end)
        look_up(wanted)

        local added = {}
        each_action(version, lines, function(_, files)
            for _, file in ipairs(files) do
                local object = locate(prefix, file)
                if object and file.kind == "add" and not known[object] then
                    added[identity(file, object)] = file.path
                elseif object and file.kind == "remove" then
                    missing[identity(file, object)] = nil
                end
            end
        end)
        for id, path in pairs(added) do
            missing[id] = path
        end
    end

    local names, more = {}, 0
    for _, path in internal.sortedKeys(missing) do
        if #names < NAMED_MISSING_MAX then
            names[#names + 1] = path
        else
            more = more + 1
        end
    end
    if #names > 0 then
        error("The following objects were not found:  " .. table.concat(names, " ") ..
            (more > 0 and " and " .. tostring(more) .. " more" or ""))
    end
end

-- A version as it is exported.
local function rewrite(version, lines, prefix, known)
    local out = {}
    each_action(version, lines, function(line, files)
        local places = {}
        for at, file in ipairs(files) do
            local object, vector = locate(prefix, file)
            places[at] = { path = object and known[object] or nil, vector = vector and known[vector] or nil }
        end
        out[#out + 1] = delta.rewrite(line, places)
    end)
    return table.concat(out, "\n") .. "\n"
end

local function export_table(action, file, write_object, delta_client, path_transformer)
    local repo_id, commit_id = action.repository_id, action.commit_id
    local name, path, prefix = read_descriptor(repo_id, commit_id, file)
    local table_uri = internal.get_storage_uri_prefix(action.storage_namespace, commit_id, action) .. name
    delta.check_writer(write_object, table_uri)

    local log, metadata, incomplete, checkpoint = delta_client.get_table(repo_id, commit_id, path)
    if incomplete then
        error(incomplete)
    end
    local log_files = files_of_log(log, checkpoint)
    local known, look_up = address_book(repo_id, commit_id, path_transformer)
    look_up_all(log_files, prefix, known, look_up)

    local place = core.parse_uri(table_uri .. "/_delta_log/")
    local keys, texts, bytes = {}, {}, 0
    local function flush()
        if not delta.put_objects(write_object, place.bucket, array(keys), array(texts)) then
            for at, key in ipairs(keys) do
                write_object(place.bucket, key, texts[at])
            end
        end
        keys, texts, bytes = {}, {}, 0
    end
    -- From the last to the first, which comes alone: without it nobody takes the log for a table.
    for at = #log_files, 1, -1 do
        local log_file = log_files[at]
        local text = rewrite(log_file.version, log_file.lines, prefix, known)
        if log_file.is_checkpoint then
            local parquet, hint = delta.make_checkpoint(log_file.number, text)
            write_object(place.bucket, place.key .. ("%020d.checkpoint.parquet"):format(log_file.number), parquet)
            write_object(place.bucket, place.key .. "_last_checkpoint", hint)
        else
            keys[#keys + 1] = place.key .. ("%020d.json"):format(log_file.number)
            texts[#texts + 1] = text
            bytes = bytes + #text
            if at <= 2 or #keys == BATCH_VERSIONS or bytes >= BATCH_BYTES then
                flush()
            end
        end
    end
    return { path = path_transformer and path_transformer(table_uri) or table_uri, metadata = metadata }
end

-- Writes the logs of tables. Gives a map: name as it was given → {path, metadata}.
function M.export_delta_log(action, table_def_names, write_object, delta_client, table_descriptors_path, path_transformer)
    local exported = {}
    for _, given in ipairs(table_def_names) do
        local file = descriptor_file(table_descriptors_path, given)
        exported[given] = export_table(action, file, write_object, delta_client, path_transformer)
    end
    return exported
end

local function is_changed(repo_id, ref, compare_ref, prefix)
    local pages = internal.lakefs_paginiated_api(function(after)
        return lakefs.diff_refs(repo_id, ref, compare_ref, after, prefix)
    end, "")
    for page in pages do
        for _, change in ipairs(page) do
            if strings.has_prefix(change.path, prefix) then
                return true
            end
        end
    end
    return false
end

-- Those of the tables, in their order, below whose path something differs between the refs.
function M.changed_table_defs(table_def_names, table_descriptors_path, repository_id, ref, compare_ref)
    local changed, seen = {}, {}
    for _, given in ipairs(table_def_names) do
        local file = descriptor_file(table_descriptors_path, given)
        local _, path, prefix = read_descriptor(repository_id, compare_ref, file)
        print("table_descriptor.path", path)
        if not seen[given] and is_changed(repository_id, ref, compare_ref, prefix) then
            print("  (inserted)")
            changed[#changed + 1] = given
        end
        seen[given] = true
    end
    return changed
end

return M
