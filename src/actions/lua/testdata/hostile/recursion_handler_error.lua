-- prints: false\terror in error handling
print(xpcall(error, function() error('again') end))
