-- stopped by: instructions
local keep = {}
for n = 1, 1e4 do keep[n] = {} end
while true do collectgarbage() end
