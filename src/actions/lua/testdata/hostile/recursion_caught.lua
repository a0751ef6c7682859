-- stopped by: memory
while true do
  pcall(function()
    local function f() return 1 + f() end
    f()
  end)
end
