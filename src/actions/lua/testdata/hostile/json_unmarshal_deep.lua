-- raises: nested deeper
local json = require('encoding/json')
json.unmarshal(string.rep('[', 1e5) .. string.rep(']', 1e5))
