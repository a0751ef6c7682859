-- stopped by: any
local regexp = require('regexp')
local re = regexp.compile('(a)(a)?')
while true do re.find_all_submatch(string.rep('a', 1e4), -1) end
