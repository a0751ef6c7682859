-- stopped by: instructions
local x = 0
repeat x = math.max(x, 1) until x < 0
