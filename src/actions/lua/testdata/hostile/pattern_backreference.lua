-- raises: invalid capture index %1
string.match('a', '%1')
