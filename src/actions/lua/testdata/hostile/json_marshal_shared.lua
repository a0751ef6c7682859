-- stopped by: any
local json = require('encoding/json')
local t = {}
for _ = 1, 100 do t = {a = t, b = t} end
json.marshal(t)
