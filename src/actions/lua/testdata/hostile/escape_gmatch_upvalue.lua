-- raises: Lua function expected
debug.setupvalue(string.gmatch('x', 'x'), 3, {})
