-- stopped by: instructions
load(function() while true do end end)
