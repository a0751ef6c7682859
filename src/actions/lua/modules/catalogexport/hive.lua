-- Partitions of Hive-style tables.
local core = require("lakefs/catalogexport/core")
local internal = require("lakefs/catalogexport/internal")

local M = {}

-- Iterates over partitions: partition_key, { {physical_address, path, size, checksum}… }.
-- Gives "", {} once when there is no data at all.
function M.extract_partition_pager(client, repo_id, commit_id, base_path, partition_cols, page_size)
    local layout = core.layout(base_path, partition_cols)
    local pages = internal.lakefs_object_pager(client, repo_id, commit_id, "", layout.prefix, "", page_size)
    local page, at = {}, 0

    -- The next object that is data, and its partition.
    local function next_entry()
        while page ~= nil do
            at = at + 1
            local entry = page[at]
            if entry == nil then
                page, at = pages(), 0
            elseif entry.path_type ~= "common_prefix" then
                local key = layout.place(entry.path, entry.size_bytes)
                if key ~= nil then
                    return key, {
                        physical_address = entry.physical_address,
                        path = entry.path,
                        size = entry.size_bytes,
                        checksum = entry.checksum,
                    }
                end
            end
        end
    end

    local ahead_key, ahead_entry
    local started, finished = false, false
    return function()
        if finished then
            return nil
        end
        if not started then
            started = true
            ahead_key, ahead_entry = next_entry()
            if ahead_key == nil then
                finished = true
                return "", {}
            end
        end
        local key, entries = ahead_key, {}
        repeat
            entries[#entries + 1] = ahead_entry
            ahead_key, ahead_entry = next_entry()
        until ahead_key ~= key
        finished = ahead_key == nil
        return key, entries
    end
end

return M
