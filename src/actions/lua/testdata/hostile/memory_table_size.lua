-- stopped by: memory
local t = {}
for n = 1, 1e9 do t[n] = n end
