-- prints: none
local found
for _, name in ipairs{'sethook', 'getregistry', 'setmetatable', 'getinfo', 'getlocal', 'setlocal', 'setuservalue', 'upvaluejoin', 'upvalueid', 'debug'} do
  found = found or debug[name] ~= nil and name or nil
end
print(found or 'none')
