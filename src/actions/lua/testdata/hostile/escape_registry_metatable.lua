-- prints: nil
print(debug.getmetatable(print))
