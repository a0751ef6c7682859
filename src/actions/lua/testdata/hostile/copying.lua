-- stopped by: instructions
-- Few instructions, much copying.
local s = string.rep('x', 2e6)
while true do local t = s .. 'y' end
