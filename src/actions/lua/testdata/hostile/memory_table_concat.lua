-- stopped by: memory
local s = string.rep('x', 1e6)
local t = {}
for n = 1, 1000 do t[n] = s end
table.concat(t)
