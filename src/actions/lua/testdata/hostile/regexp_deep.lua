-- raises: error parsing regexp
local regexp = require('regexp')
regexp.compile(string.rep('(', 1e5) .. string.rep(')', 1e5))
