-- stopped by: pattern
for _ in string.gmatch(string.rep('a', 1e5), '.-b') do end
