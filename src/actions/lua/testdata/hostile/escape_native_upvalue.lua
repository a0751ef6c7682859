-- raises: Lua function expected
debug.getupvalue(print, 1)
