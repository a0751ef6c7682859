-- stopped by: instructions
table.insert(setmetatable({}, {__len = function() return 2 ^ 31 - 2 end}), 1, 'x')
