-- raises: invalid option '%n' to 'format'
string.format('%n', 1)
