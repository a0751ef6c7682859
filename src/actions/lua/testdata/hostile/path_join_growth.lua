-- stopped by: memory
local p = 'x'
while true do p = require('path').join('/', p, p) end
