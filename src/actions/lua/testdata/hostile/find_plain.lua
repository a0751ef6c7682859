-- stopped by: instructions
local text = string.rep('a', 1e6)
local needle = string.rep('a', 5e5) .. 'b'
while true do string.find(text, needle) end
