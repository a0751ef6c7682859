-- stopped by: instructions
-- The handler must not get the limit, because hooks are off while one is reported.
xpcall(function() while true do end end, function() while true do end end)
print('survived')
