-- stopped by: memory
local s = 'x'
while true do s = require('encoding/base64').encode(s) end
