-- stopped by: memory
local s = string.rep('x', 1e6)
local args = {}
for n = 1, 200 do args[n] = s end
string.format(string.rep('%s', 200), table.unpack(args))
