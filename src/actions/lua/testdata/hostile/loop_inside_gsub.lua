-- stopped by: instructions
string.gsub('aaa', 'a', function() while true do end end)
