-- raises: C stack overflow
local t = setmetatable({}, {__index = function(t, k) return t[k .. 'x'] end})
local x = t.x
