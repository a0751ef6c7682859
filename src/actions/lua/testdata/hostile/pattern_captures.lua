-- raises: too many captures
string.match('a', string.rep('(', 40))
