-- stopped by: instructions
local function again()
  local ok, err = pcall(function() while true do end end)
  print('caught', ok, err)
  return again()
end
again()
