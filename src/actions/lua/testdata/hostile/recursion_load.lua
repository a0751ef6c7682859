-- raises: C stack overflow
local function f() return load(f) end
f()
