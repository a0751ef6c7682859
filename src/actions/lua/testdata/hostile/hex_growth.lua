-- stopped by: memory
local s = 'x'
while true do s = require('encoding/hex').encode(s) end
