-- stopped by: pattern
while true do pcall(string.match, string.rep('a', 1000), '.-.-.-.-.-b') end
