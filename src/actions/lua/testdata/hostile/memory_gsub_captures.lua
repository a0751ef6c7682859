-- stopped by: memory
string.gsub(string.rep('x', 1e6), '.*', string.rep('%0', 1000))
