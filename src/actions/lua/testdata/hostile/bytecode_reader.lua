-- raises: attempt to load a binary chunk (mode is 't')
local done
assert(load(function() if not done then done = true return '\27Lua' end end, 'x', 'bt'))
