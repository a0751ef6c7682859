-- raises: table is nested deeper than 200 levels
local json = require('encoding/json')
local t = {}
t.t = t
json.marshal(t)
