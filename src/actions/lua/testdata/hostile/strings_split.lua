-- stopped by: memory
local strings = require('strings')
strings.split(string.rep('x,', 3e6), ',')
