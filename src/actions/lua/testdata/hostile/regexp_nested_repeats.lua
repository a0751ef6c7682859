-- raises: error parsing regexp
local regexp = require('regexp')
regexp.compile('((((a{1,100}){1,100}){1,100}){1,100}){1,100}')
