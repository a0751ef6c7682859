-- stopped by: memory
string.gsub(string.rep('x', 1e6), 'x', string.rep('y', 1000))
