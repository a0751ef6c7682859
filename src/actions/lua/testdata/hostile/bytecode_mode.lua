-- raises: attempt to load a text chunk (mode is 'b')
assert(load('return 1', 'x', 'b'))
