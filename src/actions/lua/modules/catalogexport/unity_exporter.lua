-- Registers exported Delta tables in Databricks' Unity Catalog.
local extractor = require("lakefs/catalogexport/table_extractor")
local internal = require("lakefs/catalogexport/internal")
local lakefs = require("lakefs")
local paths = require("path")
local strings = require("strings")

local M = {}

-- delta_table_details: what export_delta_log gave. Gives a map: the same names → status.
function M.register_tables(action, table_descriptors_path, delta_table_details, databricks_client, warehouse_id)
    local branch = internal.ref_from_branch_or_tag(action)
    local registered = {}
    for given, details in internal.sortedKeys(delta_table_details) do
        local file = paths.join("/", table_descriptors_path, strings.has_suffix(given, ".yaml") and given or given .. ".yaml")
        local descriptor = extractor.get_table_descriptor(lakefs, action.repository_id, action.commit_id, file)
        local name, catalog = descriptor.name, descriptor.catalog
        if not name then
            error("table name is required to proceed with unity catalog export")
        end
        if descriptor.type ~= "delta" then
            error("unity exporter supports only table descriptors of type 'delta'. registration failed for table " .. tostring(name))
        end
        if not catalog then
            error("catalog name is required to proceed with unity catalog export")
        end
        name, catalog = tostring(name), tostring(catalog)
        local schema = databricks_client.create_schema(branch, catalog, true)
        if not schema then
            error("failed creating/getting catalog's schema: " .. catalog .. "." .. branch)
        end
        registered[given] = databricks_client.register_external_table(name, details.path, warehouse_id, catalog, schema, details.metadata)
    end
    return registered
end

return M
