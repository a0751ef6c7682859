-- stopped by: output
while true do pcall(print, string.rep('x', 1e5)) end
