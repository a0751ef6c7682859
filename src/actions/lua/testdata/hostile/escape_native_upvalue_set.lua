-- raises: Lua function expected
debug.setupvalue(print, 1, 'x')
