-- raises: table is nested deeper than 200 levels
local json = require('encoding/json')
local t = array({})
t[1] = t
json.marshal(t)
