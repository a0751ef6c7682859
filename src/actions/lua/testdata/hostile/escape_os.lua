-- raises: module 'os' not found:
require('os')
