-- stopped by: instructions
local s = string.rep('x', 1e6)
while true do require('crypto/sha256').digest(s) end
