-- prints: nil\tdynamic libraries not enabled; check your Lua installation\tabsent
print(package.loadlib('/lib/x86_64-linux-gnu/libc.so.6', 'system'))
