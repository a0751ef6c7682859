-- stopped by: memory
local regexp = require('regexp')
local kept = {}
while true do kept[#kept + 1] = regexp.compile('a' .. #kept) end
