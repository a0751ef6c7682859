-- stopped by: pattern
string.match(string.rep('a', 3000), '.*.*.*.*b')
