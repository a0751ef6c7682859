-- prints: done
local function f() return pcall(f) end
f()
print('done')
