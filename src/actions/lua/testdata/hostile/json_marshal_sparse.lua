-- stopped by: any
-- The border of this table is at half a billion.
local json = require('encoding/json')
local t = array({})
for n = 29, 0, -1 do t[2 ^ n] = 1 end
json.marshal(t)
