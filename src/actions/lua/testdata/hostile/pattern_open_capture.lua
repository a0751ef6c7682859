-- raises: unfinished capture
string.match('a', '(a')
