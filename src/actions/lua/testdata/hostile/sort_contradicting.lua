-- prints: done
local t = {}
for n = 1, 1000 do t[n] = n end
table.sort(t, function() return true end)
table.sort(t, function() return math.random() < 0.5 end)
print('done')
