-- stopped by: memory
local strings = require('strings')
strings.replace(string.rep('x', 1e6), '', string.rep('y', 1e4), -1)
