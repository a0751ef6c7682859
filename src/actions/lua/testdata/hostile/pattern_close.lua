-- raises: invalid pattern capture
string.match('a', 'a)')
