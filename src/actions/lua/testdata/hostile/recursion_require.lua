-- raises: C stack overflow
package.preload.a = function() return require('a') end
require('a')
