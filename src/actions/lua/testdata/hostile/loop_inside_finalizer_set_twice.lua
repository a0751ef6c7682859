-- prints: alive
local t = setmetatable({}, {})
setmetatable(t, {__gc = function() while true do end end})
setmetatable(t, getmetatable(t))
assert(rawget(getmetatable(t), '__gc'))
t = nil
collectgarbage()
print('alive')
