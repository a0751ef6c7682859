-- stopped by: instructions
local t = setmetatable({}, {__index = function(t, k) return t[k + 1] == nil end, __newindex = function() while true do end end})
t.x = 1
