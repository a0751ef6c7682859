-- stopped by: memory
local json = require('encoding/json')
json.marshal({s = string.rep('\1', 5e6)})
