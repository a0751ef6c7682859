-- stopped by: pattern
string.match(string.rep('a', 60), string.rep('a?', 60) .. string.rep('a', 60) .. 'b')
