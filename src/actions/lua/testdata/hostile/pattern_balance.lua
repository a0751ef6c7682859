-- stopped by: pattern
string.match(string.rep('(', 100000), '%b()')
