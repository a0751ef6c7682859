-- stopped by: instructions
pcall = function(f) return f() end
error = print
setmetatable(_G, {__index = function() while true do end end})
undefined()
