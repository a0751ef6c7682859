-- stopped by: any
-- Lives just below the limit, where each allocation makes liblua collect everything.
local keep = {}
local block = 65536
while collectgarbage('count') * 1024 < 15.5e6 do keep[#keep + 1] = string.rep('x', 1000) .. #keep end
while true do local t = {string.rep('y', 60000) .. #keep} end
