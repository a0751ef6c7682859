-- stopped by: any
local yaml = require('encoding/yaml')
yaml.unmarshal('[' .. string.rep('a,', 1e6) .. 'a]')
