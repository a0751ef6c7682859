-- stopped by: memory
string.rep('', 1e9, 'x')
