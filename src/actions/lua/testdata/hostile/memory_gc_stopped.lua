-- stopped by: instructions
collectgarbage('stop')
collectgarbage('setpause', 1e6)
while true do local t = {string.rep('x', 1000)} end
