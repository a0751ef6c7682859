-- raises: 
local yaml = require('encoding/yaml')
yaml.unmarshal(string.rep('{a: ', 2e4))
