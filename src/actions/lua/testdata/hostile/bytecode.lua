-- raises: attempt to load a binary chunk (mode is 't')
assert(load('\27Lua\82\0\1\4\8\4\8\0\25\147\13\10\26\10'))
