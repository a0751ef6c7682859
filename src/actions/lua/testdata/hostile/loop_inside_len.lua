-- stopped by: instructions
table.concat(setmetatable({}, {__len = function() while true do end end}))
