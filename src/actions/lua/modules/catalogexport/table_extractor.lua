-- Table descriptors of a repository.
local internal = require("lakefs/catalogexport/internal")
local path = require("path")
local strings = require("strings")
local yaml = require("encoding/yaml")

local M = {}

local FOLDER = "_lakefs_tables/"

-- A list of {physical_address, path} of the descriptors.
function M.list_table_descriptor_entries(client, repo_id, commit_id)
    local entries = {}
    for page in internal.lakefs_object_pager(client, repo_id, commit_id, "", FOLDER, "") do
        for _, entry in ipairs(page) do
            local below = strings.has_prefix(entry.path, FOLDER) and entry.path:sub(#FOLDER + 1) or entry.path
            if entry.path_type == "object" and strings.has_suffix(entry.path, ".yaml") and not path.is_hidden(below) then
                entries[#entries + 1] = { physical_address = entry.physical_address, path = entry.path }
            end
        end
    end
    return entries
end

-- The descriptor at a path, as its YAML says it.
function M.get_table_descriptor(client, repo_id, ref, logical_path)
    local code, content = client.get_object(repo_id, ref, logical_path)
    if code ~= 200 then
        error("could not fetch data file: HTTP " .. tostring(code) .. " path: " .. logical_path)
    end
    local decoded, descriptor = pcall(yaml.unmarshal, content)
    if not decoded then
        error(logical_path .. ": " .. tostring(descriptor))
    end
    if type(descriptor) ~= "table" or getmetatable(descriptor) then -- a list is marked
        error(logical_path .. ": a descriptor must hold a map")
    end
    descriptor.partition_columns = descriptor.partition_columns or {}
    return descriptor
end

return M
