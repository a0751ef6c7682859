-- stopped by: memory
local json = require('encoding/json')
local t = {}
for _ = 1, 100 do t = {t = t} end
json.marshal(t, {indent = string.rep(' ', 1e5)})
