-- stopped by: instructions
table.remove(setmetatable({}, {__len = function() return 2 ^ 31 - 2 end}), 1)
