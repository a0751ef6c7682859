-- stopped by: memory
local json = require('encoding/json')
json.unmarshal('[' .. string.rep('[],', 1e6) .. '1]')
