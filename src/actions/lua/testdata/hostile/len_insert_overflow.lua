-- raises: table is too large
table.insert(setmetatable({}, {__len = function() return 2 ^ 31 - 1 end}), 1, 'x')
