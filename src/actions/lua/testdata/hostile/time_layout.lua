-- stopped by: any
while true do require('time').format(0, string.rep('2006', 1e5), 'UTC') end
