-- raises: table is nested deeper than 200 levels
local yaml = require('encoding/yaml')
local t = {}
t.t = t
yaml.marshal(t)
