-- prints: alive
-- liblua runs finalizers with hooks off, so there are none.
local mt = {__gc = function() while true do end end}
for _ = 1, 1000 do setmetatable({}, mt) end
local late = {}
local t = setmetatable({}, late)
late.__gc = mt.__gc
t = nil
collectgarbage()
collectgarbage()
print('alive')
