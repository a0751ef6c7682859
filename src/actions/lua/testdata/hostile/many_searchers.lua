-- raises: module 'x' not found:
local s = {}
for n = 1, 1000 do s[n] = function() return 'no' end end
package.searchers = s
require('x')
