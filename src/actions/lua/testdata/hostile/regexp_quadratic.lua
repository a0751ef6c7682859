-- stopped by: pattern
-- Each empty match makes RE2 look to the end of the text for a b.
local regexp = require('regexp')
regexp.compile('(a*b)?').find_all(string.rep('a', 1e5), -1)
