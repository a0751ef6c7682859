-- stopped by: instructions
local regexp = require('regexp')
while true do regexp.compile('[a-z]+') end
