-- raises: invalid option '%5' to 'format'
string.format('%5', 1)
