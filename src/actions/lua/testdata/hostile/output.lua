-- stopped by: output
while true do print(string.rep('x', 100)) end
