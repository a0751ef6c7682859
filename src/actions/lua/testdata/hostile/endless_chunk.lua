-- stopped by: any
-- A reader that never ends must not be collected for ever.
load(function() return '-- ' .. string.rep('x', 1000) .. '\n' end)
