-- stopped by: any
local regexp = require('regexp')
local re = regexp.compile('(x+x+)+y|' .. string.rep('(a?){50}', 20) .. 'b')
while true do re.find(string.rep('a', 1e5)) end
