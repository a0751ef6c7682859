-- raises: 
local yaml = require('encoding/yaml')
yaml.unmarshal(string.rep('[', 2e4))
