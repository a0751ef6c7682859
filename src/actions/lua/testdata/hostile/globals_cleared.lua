-- raises: attempt to call a nil value (global 'print')
local globals = _G
for name in pairs(globals) do globals[name] = nil end
print('x')
