-- What the exporters share.
local core = require("lakefs/catalogexport/core")

local M = {}

local SHORT_DIGEST_LEN = 6
local PAGE_SIZE = 1000

function M.short_digest(digest, len)
    return digest:sub(1, len or SHORT_DIGEST_LEN)
end

-- The tag of a tag event, the branch of any other.
function M.ref_from_branch_or_tag(action)
    local event = action.event_type or ""
    local tag, branch = action.tag_id or "", action.branch_id or ""
    if (event:find("-tag", 1, true) or branch == "") and tag ~= "" then
        return tag
    end
    return branch
end

-- <ns>/_lakefs/exported/<ref>/<first 6 of commit>/
function M.get_storage_uri_prefix(storage_ns, commit_id, action)
    return core.export_uri(storage_ns, M.ref_from_branch_or_tag(action), commit_id)
end

function M.parse_storage_uri(uri)
    return core.parse_uri(uri)
end

-- Calls api_call(offset) for page after page.
function M.lakefs_paginiated_api(api_call, after)
    local next_offset, has_more = after, true
    return function()
        if not has_more then
            return nil
        end
        local code, answer = api_call(next_offset)
        if code < 200 or code >= 300 then
            local text = "lakeFS: api return non-2xx" .. tostring(code)
            if type(answer) == "table" and type(answer.message) == "string" then
                text = text .. ": " .. answer.message
            end
            error(text)
        end
        has_more = answer.pagination.has_more
        next_offset = answer.pagination.next_offset
        return answer.results
    end
end

function M.lakefs_object_pager(client, repo_id, commit_id, after, prefix, delimiter, page_size)
    return M.lakefs_paginiated_api(function(offset)
        return client.list_objects(repo_id, commit_id, offset, prefix, delimiter, page_size or PAGE_SIZE)
    end, after or "")
end

-- Iterates over a table in the order of its keys.
function M.sortedKeys(t, cmp)
    local keys = {}
    for key in pairs(t) do
        keys[#keys + 1] = key
    end
    table.sort(keys, cmp)
    local at = 0
    return function()
        at = at + 1
        if keys[at] ~= nil then
            return keys[at], t[keys[at]]
        end
    end
end

local function copy(value, copies)
    if type(value) ~= "table" then
        return value
    end
    if copies[value] == nil then
        local t = {}
        copies[value] = t
        for key, member in next, value do
            t[copy(key, copies)] = copy(member, copies)
        end
        setmetatable(t, copy(getmetatable(value), copies))
    end
    return copies[value]
end

function M.deepcopy(value)
    return copy(value, {})
end

return M
