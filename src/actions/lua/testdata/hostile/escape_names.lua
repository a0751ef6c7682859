-- prints: none
local found
for _, name in ipairs{'os', 'io', 'coroutine', 'utf8', 'dofile', 'loadfile', 'loadstring', 'unpack', 'setfenv', 'getfenv', 'module', 'newproxy'} do
  found = found or _G[name] ~= nil and name or nil
  found = found or package.loaded[name] ~= nil and name or nil
end
print(found or 'none')
