-- stopped by: pattern
string.find(string.rep('a', 1000), '.-.-.-.-.-b', 1, false)
