-- stopped by: pattern
string.match(string.rep('a', 1e4), '[' .. string.rep('b-c', 1e4) .. ']')
