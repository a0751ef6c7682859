-- stopped by: instructions
package.preload.evil = function() while true do end end
require('evil')
