-- prints: done
local function h() return xpcall(error, h) end
h()
print('done')
