-- raises: module 'io' not found:
require('io')
