-- stopped by: any
local yaml = require('encoding/yaml')
local s = 'a0: &a0 {x: 1, y: 2}\n'
for n = 1, 40 do
  local last = '*a' .. (n - 1)
  s = s .. 'a' .. n .. ': &a' .. n .. ' {<<: [' .. last .. ', ' .. last .. ', ' .. last .. ']}\n'
end
yaml.unmarshal(s)
