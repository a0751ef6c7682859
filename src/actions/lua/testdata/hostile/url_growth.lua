-- stopped by: memory
local u = '%'
while true do u = require('net/url').path_escape(u .. u) end
