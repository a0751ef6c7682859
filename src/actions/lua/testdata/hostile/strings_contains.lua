-- stopped by: instructions
local strings = require('strings')
local text = string.rep('a', 1e6)
local part = string.rep('a', 5e5) .. 'b'
while true do strings.contains(text, part) end
