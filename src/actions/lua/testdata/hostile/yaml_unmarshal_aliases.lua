-- stopped by: any
local yaml = require('encoding/yaml')
local s = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n'
for n = 1, 20 do
  local last = '*a' .. (n - 1)
  s = s .. 'a' .. n .. ': &a' .. n .. ' [' .. last .. string.rep(', ' .. last, 9) .. ']\n'
end
yaml.unmarshal(s)
