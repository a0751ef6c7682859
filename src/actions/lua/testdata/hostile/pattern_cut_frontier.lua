-- raises: missing '[' after '%f' in pattern
string.match('a', '%f')
