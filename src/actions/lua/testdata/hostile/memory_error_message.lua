-- stopped by: memory
local s = string.rep('x', 7e6)
error(s .. s)
