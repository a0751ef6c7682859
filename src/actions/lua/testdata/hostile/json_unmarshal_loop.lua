-- stopped by: instructions
local json = require('encoding/json')
local s = '[' .. string.rep('1,', 1e4) .. '1]'
while true do json.unmarshal(s) end
