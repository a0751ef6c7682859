-- stopped by: memory
string.rep('x', 1e9)
