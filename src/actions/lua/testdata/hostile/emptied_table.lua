-- stopped by: instructions
-- next walks all the empty slots.
local t = {}
for n = 1, 4000 do t['k' .. n] = n end
for k in pairs(t) do t[k] = nil end
while true do next(t) end
