-- stopped by: deadline
while true do pcall(require('time').sleep, 1e18) end
