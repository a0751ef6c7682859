-- raises: loop in gettable
local t = {}
setmetatable(t, {__index = t})
local x = t.x
